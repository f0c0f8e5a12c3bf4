package tencent_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/sender"
)

// documented are the codes that the documents of SendSms list, and what each is to be,
// written from the documents' own words.
var documented = map[error]string{
	sender.ErrRecipient: `
		FailedOperation.PhoneNumberInBlacklist InvalidParameterValue.IncorrectPhoneNumber
		LimitExceeded.AppCountryOrRegionInBlacklist UnsupportedOperation.UnsupportedRegion
		FailedOperation.PhoneNumberParseFail`,
	sender.ErrQuota: `
		FailedOperation.InsufficientBalanceInSmsPackage
		LimitExceeded.AppCountryOrRegionDailyLimit LimitExceeded.AppDailyLimit LimitExceeded.AppGlobalDailyLimit
		LimitExceeded.AppMainlandChinaDailyLimit LimitExceeded.DailyLimit LimitExceeded.DeliveryFrequencyLimit
		LimitExceeded.PhoneNumberDailyLimit LimitExceeded.PhoneNumberOneHourLimit
		LimitExceeded.PhoneNumberSameContentDailyLimit LimitExceeded.PhoneNumberThirtySecondLimit
		LimitExceeded RequestLimitExceeded RequestLimitExceeded.GlobalRegionUinLimitExceeded
		RequestLimitExceeded.IPLimitExceeded RequestLimitExceeded.UinLimitExceeded
		LimitExceeded.OfTomorrow LimitExceeded.PhoneNumberOfTomorrow RequestLimitExceeded.OfTomorrow`,
	sender.ErrTemporary: `
		FailedOperation.MarketingSendTimeConstraint
		InternalError InternalError.OtherError InternalError.SendAndRecvFail InternalError.Timeout InternalError.UnknownError
		InternalError.ParseBackendResponseFail
		ResourceInUse ResourceInsufficient ResourceUnavailable ServiceUnavailable
		InternalError.OfTomorrow`,
	sender.ErrPermanent: `
		FailedOperation.ContainSensitiveWord FailedOperation.FailResolvePacket FailedOperation.JsonParseFail
		FailedOperation.SignatureIncorrectOrUnapproved FailedOperation.TemplateIncorrectOrUnapproved
		FailedOperation.TemplateParamSetNotMatchApprovedTemplate FailedOperation.TemplateUnapprovedOrNotExist
		InternalError.RequestTimeException InternalError.RestApiInterfaceNotExist InternalError.SigFieldMissing
		InternalError.SigVerificationFail InvalidParameterValue.ContentLengthLimit
		InvalidParameterValue.ProhibitedUseUrlInTemplateParameter InvalidParameterValue.SdkAppIdNotExist
		InvalidParameterValue.TemplateParameterFormatError InvalidParameterValue.TemplateParameterLengthLimit
		LimitExceeded.PhoneNumberCountLimit MissingParameter.EmptyPhoneNumberSet
		UnauthorizedOperation.IndividualUserMarketingSmsPermissionDeny UnauthorizedOperation.RequestIpNotInWhitelist
		UnauthorizedOperation.RequestPermissionDeny UnauthorizedOperation.SdkAppIdIsDisabled
		UnauthorizedOperation.ServiceSuspendDueToArrears UnauthorizedOperation.SmsSdkAppIdVerifyFail
		UnsupportedOperation UnsupportedOperation.ChineseMainlandTemplateToGlobalPhone
		UnsupportedOperation.ContainDomesticAndInternationalPhoneNumber
		UnsupportedOperation.GlobalTemplateToChineseMainlandPhone
		ActionOffline AuthFailure.InvalidAuthorization AuthFailure.InvalidSecretId AuthFailure.MFAFailure
		AuthFailure.SecretIdNotFound AuthFailure.SignatureExpire AuthFailure.SignatureFailure AuthFailure.TokenFailure
		AuthFailure.UnauthorizedOperation DryRunOperation FailedOperation InvalidAction InvalidParameter
		InvalidParameterValue InvalidRequest IpInBlacklist IpNotInWhitelist MissingParameter NoSuchProduct NoSuchVersion
		RequestSizeLimitExceeded ResourceNotFound ResponseSizeLimitExceeded UnauthorizedOperation UnknownParameter
		UnsupportedProtocol UnsupportedRegion
		FailedOperation.OfTomorrow OfTomorrow`,
}

// lostTrack are the codes with which Tencent does not say that nothing was sent.
var lostTrack = []string{
	"InternalError", "InternalError.OtherError", "InternalError.UnknownError", "InternalError.OfTomorrow",
	"InternalError.SendAndRecvFail", "InternalError.Timeout", "InternalError.ParseBackendResponseFail",
}

// ofTheNumber are the codes for limits of the one number; all others are of the account or
// the application.
var ofTheNumber = []string{
	"LimitExceeded.DeliveryFrequencyLimit", "LimitExceeded.PhoneNumberDailyLimit", "LimitExceeded.PhoneNumberOneHourLimit",
	"LimitExceeded.PhoneNumberSameContentDailyLimit", "LimitExceeded.PhoneNumberThirtySecondLimit", "LimitExceeded.PhoneNumberOfTomorrow",
}

func TestEachCodeIsTyped(t *testing.T) {
	var code string
	as := map[string]func(w http.ResponseWriter, code string){"of the request": refuse, "of the number": fail}
	for name, answer := range as {
		s := newServer(t, func(w http.ResponseWriter, _ *http.Request) { answer(w, code) })
		send := newSender(t, options(s.URL))
		asked := 0
		for want, list := range documented {
			for _, code = range strings.Fields(list) {
				_, err := send.Send(t.Context(), message())
				asked++
				for kind := range documented {
					if errors.Is(err, kind) != (kind == want) {
						t.Errorf("%s %s: %v", code, name, err)
					}
				}
				if uncertain := slices.Contains(lostTrack, code); sender.Uncertain(err) != uncertain {
					t.Errorf("%s %s: uncertain is %t", code, name, !uncertain)
				}
				var e *sender.Error
				if !errors.As(err, &e) || e.Detail != code {
					t.Errorf("%s %s: the detail is lost: %v", code, name, err)
				} else if ofNumber := slices.Contains(ofTheNumber, code); e.RecipientLimit != ofNumber {
					t.Errorf("%s %s: RecipientLimit is %t", code, name, !ofNumber)
				}
			}
		}
		// A limit is not answered with another try.
		if s.asked() != asked {
			t.Errorf("%d messages made %d requests", asked, s.asked())
		}
	}
}

// What may have gone out is not sent again unasked.
func TestNothingIsSentTwice(t *testing.T) {
	for code, want := range map[string]int{
		"InternalError":              1,
		"InternalError.UnknownError": 1,
		"InternalError.OfTomorrow":   1,
		"ServiceUnavailable":         3,
	} {
		s := newServer(t, func(w http.ResponseWriter, _ *http.Request) { fail(w, code) })
		again := sender.Retry(newSender(t, options(s.URL)), sender.RetryOptions{Pause: time.Microsecond})
		if _, err := again.Send(t.Context(), message()); !errors.Is(err, sender.ErrTemporary) || s.asked() != want {
			t.Errorf("%s: Tencent was asked %d times, want %d: %v", code, s.asked(), want, err)
		}
	}
}

func TestLimitsSayWhen(t *testing.T) {
	for _, test := range []struct {
		code, header string
		want         time.Duration
	}{
		{"LimitExceeded.PhoneNumberThirtySecondLimit", "", 30 * time.Second},
		{"LimitExceeded.PhoneNumberOneHourLimit", "", time.Hour},
		{"LimitExceeded.PhoneNumberDailyLimit", "", 0},
		{"RequestLimitExceeded", "7", 7 * time.Second},
	} {
		s := newServer(t, func(w http.ResponseWriter, _ *http.Request) {
			if test.header != "" {
				w.Header().Set("Retry-After", test.header)
			}
			fail(w, test.code)
		})
		_, err := newSender(t, options(s.URL)).Send(t.Context(), message())
		var e *sender.Error
		if !errors.As(err, &e) || e.RetryAfter != test.want {
			t.Errorf("%s: %+v, want %v", test.code, err, test.want)
		}
	}
}

func TestAnswersThatAreNotTencents(t *testing.T) {
	const ok = `{"SerialNo":"1","Fee":1,"Code":"Ok"}`
	for _, test := range []struct {
		status    int
		kind      string
		body      string
		want      error
		uncertain bool
	}{
		{200, "text/html", `<html>`, sender.ErrTemporary, true},
		{200, "application/json", ``, sender.ErrTemporary, true},
		{200, "application/json", `null`, sender.ErrTemporary, true},
		{200, "application/json", `true`, sender.ErrTemporary, true},
		{200, "application/json", `{}`, sender.ErrTemporary, true},
		{200, "application/json", `{"Response":null}`, sender.ErrTemporary, true},
		{200, "application/json", `{"Response":{"SendStatusSet":[]}}`, sender.ErrTemporary, true},
		{200, "application/json", `{"Response":{"SendStatusSet":[null]}}`, sender.ErrTemporary, true},
		{200, "application/json", `{"Response":{"SendStatusSet":[{}]}}`, sender.ErrTemporary, true},
		{200, "application/json", `{"Response":{"SendStatusSet":[{"Code":"+8613800000000 is bad"}]}}`, sender.ErrTemporary, true},
		{200, "application/json", `{"Response":{"SendStatusSet":[` + ok + `,` + ok + `]}}`, sender.ErrTemporary, true},
		{200, "application/json", `{"Response":{"SendStatusSet":[` + ok + `]`, sender.ErrTemporary, true},
		{200, "application/json", `{"Response":{"SendStatusSet":[` + ok + `]}}` + strings.Repeat(" ", 1<<17), sender.ErrTemporary, true},
		{200, "text/event-stream", "data: {}\n\n", sender.ErrTemporary, true},
		{200, "application/octet-stream", "{}", sender.ErrTemporary, true},
		{302, "text/html", `moved`, sender.ErrTemporary, true},
		{403, "text/html", `a proxy's page`, sender.ErrPermanent, false},
		{403, "application/json", `{"Response":{"SendStatusSet":[` + ok + `]}}`, sender.ErrPermanent, false},
		{408, "text/html", ``, sender.ErrTemporary, false},
		{429, "text/html", ``, sender.ErrQuota, false},
		{500, "text/html", `a gateway's page`, sender.ErrTemporary, true},
		{502, "application/json", `{"message":"no backend"}`, sender.ErrTemporary, true},
		{500, "application/json", `{"Response":{"Error":{"Code":"NeverHeardOf","Message":"x"}}}`, sender.ErrTemporary, true},
		{400, "application/json", `{"Response":{"Error":{"Code":"NeverHeardOf","Message":"x"}}}`, sender.ErrPermanent, false},
	} {
		s := newServer(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", test.kind)
			w.WriteHeader(test.status)
			_, _ = w.Write([]byte(test.body))
		})
		receipt, err := newSender(t, options(s.URL)).Send(t.Context(), message())
		if !errors.Is(err, test.want) || sender.Uncertain(err) != test.uncertain || receipt != (sender.Receipt{}) {
			t.Errorf("%d %.80s: receipt %+v, error %v (uncertain: %t)", test.status, test.body, receipt, err, sender.Uncertain(err))
		}
	}
	// In whatever it is wrapped, an answer of Tencent's is one.
	s := newServer(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/event-stream")
		_, _ = w.Write([]byte(`{"Response":{"SendStatusSet":[` + ok + `]}}`))
	})
	if receipt, err := newSender(t, options(s.URL)).Send(t.Context(), message()); err != nil || receipt.MessageID != "1" {
		t.Errorf("an answer of another content type: %+v, %v", receipt, err)
	}
}

// carrier answers without a network.
type carrier struct {
	status int
	body   []byte
}

func (c carrier) RoundTrip(*http.Request) (*http.Response, error) {
	return &http.Response{StatusCode: c.status, Header: http.Header{}, Body: io.NopCloser(bytes.NewReader(c.body))}, nil
}

// Whatever is answered, Send returns, typed.
func FuzzAnswers(f *testing.F) {
	for _, body := range []string{
		``, `null`, `{}`, `[]`, `{"Response":null}`, `{"Response":{"Error":{"Code":"InternalError"}}}`, `{"code":4000,"codeDesc":"x"}`,
		`{"Response":{"SendStatusSet":[{"Code":"Ok","SerialNo":"1","Fee":1}]}}`, `{"Response":{"SendStatusSet":[null]}}`,
	} {
		f.Add(200, []byte(body))
	}
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		if status < 100 || status > 999 {
			return // no status of HTTP's
		}
		o := options("")
		o.HTTPClient = &http.Client{Transport: carrier{status, body}}
		receipt, err := newSender(t, o).Send(t.Context(), message())
		if err == nil && (status != http.StatusOK || receipt.Segments < 0) {
			t.Errorf("%d %q makes %+v", status, body, receipt)
		}
		if err != nil {
			var e *sender.Error
			if !errors.As(err, &e) || e.RetryAfter < 0 {
				t.Errorf("%d %q makes %v", status, body, err)
			}
		}
	})
}
