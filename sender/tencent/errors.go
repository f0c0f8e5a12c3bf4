package tencent

import (
	"net/http"
	"strings"
	"time"

	"github.com/ligature-auth/ligature/internal/vendorhttp"
	"github.com/ligature-auth/ligature/sender"
)

// meaningOf is what a code of Tencent's means to the one who sends.
type meaningOf struct {
	err        error
	retryAfter time.Duration // what the limit's own name says
	uncertain  bool          // the code does not say that nothing was sent
	ofNumber   bool          // the limit is this number's own
}

// codes are Tencent's, those of SendSms and of its send status from
// https://cloud.tencent.com/document/api/382/55981 (chapter 6), and the common ones
// from https://cloud.tencent.com/document/api/382/38780. A code that is not here means
// what the part before its first dot means, and else ErrPermanent.
var codes = map[string]meaningOf{
	// This number, and no other.
	"FailedOperation.PhoneNumberInBlacklist":         {err: sender.ErrRecipient},
	"FailedOperation.PhoneNumberParseFail":           {err: sender.ErrRecipient},
	"InvalidParameterValue.IncorrectPhoneNumber":     {err: sender.ErrRecipient},
	"LimitExceeded.AppCountryOrRegionInBlacklist":    {err: sender.ErrRecipient},
	"UnsupportedOperation.UnsupportedRegion":         {err: sender.ErrRecipient},
	"LimitExceeded.DeliveryFrequencyLimit":           {err: sender.ErrQuota, ofNumber: true}, // of the console's settings, which are all for one number
	"LimitExceeded.PhoneNumberThirtySecondLimit":     {err: sender.ErrQuota, retryAfter: 30 * time.Second, ofNumber: true},
	"LimitExceeded.PhoneNumberOneHourLimit":          {err: sender.ErrQuota, retryAfter: time.Hour, ofNumber: true},
	"LimitExceeded.PhoneNumberDailyLimit":            {err: sender.ErrQuota, ofNumber: true},
	"LimitExceeded.PhoneNumberSameContentDailyLimit": {err: sender.ErrQuota, ofNumber: true},

	// The account and the application.
	"FailedOperation.InsufficientBalanceInSmsPackage": {err: sender.ErrQuota},
	"LimitExceeded": {err: sender.ErrQuota},
	"LimitExceeded.AppCountryOrRegionDailyLimit":        {err: sender.ErrQuota},
	"LimitExceeded.AppDailyLimit":                       {err: sender.ErrQuota},
	"LimitExceeded.AppGlobalDailyLimit":                 {err: sender.ErrQuota},
	"LimitExceeded.AppMainlandChinaDailyLimit":          {err: sender.ErrQuota},
	"LimitExceeded.DailyLimit":                          {err: sender.ErrQuota},
	"RequestLimitExceeded":                              {err: sender.ErrQuota},
	"RequestLimitExceeded.GlobalRegionUinLimitExceeded": {err: sender.ErrQuota},
	"RequestLimitExceeded.IPLimitExceeded":              {err: sender.ErrQuota},
	"RequestLimitExceeded.UinLimitExceeded":             {err: sender.ErrQuota},

	// Tencent's own troubles. Of an InternalError nobody knows whether the message went out
	// before it, but of those that are for somebody to put right.
	"FailedOperation.MarketingSendTimeConstraint": {err: sender.ErrTemporary},
	"InternalError":                          {err: sender.ErrTemporary, uncertain: true},
	"InternalError.OtherError":               {err: sender.ErrTemporary, uncertain: true},
	"InternalError.UnknownError":             {err: sender.ErrTemporary, uncertain: true},
	"InternalError.SendAndRecvFail":          {err: sender.ErrTemporary, uncertain: true},
	"InternalError.Timeout":                  {err: sender.ErrTemporary, uncertain: true},
	"InternalError.ParseBackendResponseFail": {err: sender.ErrTemporary, uncertain: true},
	"ResourceInUse":                          {err: sender.ErrTemporary},
	"ResourceInsufficient":                   {err: sender.ErrTemporary},
	"ResourceUnavailable":                    {err: sender.ErrTemporary},
	"ServiceUnavailable":                     {err: sender.ErrTemporary},

	// For somebody to put right: keys, clock, application, signature, templates.
	"ActionOffline":                                                   {err: sender.ErrPermanent},
	"AuthFailure":                                                     {err: sender.ErrPermanent},
	"AuthFailure.InvalidAuthorization":                                {err: sender.ErrPermanent},
	"AuthFailure.InvalidSecretId":                                     {err: sender.ErrPermanent},
	"AuthFailure.MFAFailure":                                          {err: sender.ErrPermanent},
	"AuthFailure.SecretIdNotFound":                                    {err: sender.ErrPermanent},
	"AuthFailure.SignatureExpire":                                     {err: sender.ErrPermanent},
	"AuthFailure.SignatureFailure":                                    {err: sender.ErrPermanent},
	"AuthFailure.TokenFailure":                                        {err: sender.ErrPermanent},
	"AuthFailure.UnauthorizedOperation":                               {err: sender.ErrPermanent},
	"DryRunOperation":                                                 {err: sender.ErrPermanent},
	"FailedOperation":                                                 {err: sender.ErrPermanent},
	"FailedOperation.ContainSensitiveWord":                            {err: sender.ErrPermanent},
	"FailedOperation.FailResolvePacket":                               {err: sender.ErrPermanent},
	"FailedOperation.JsonParseFail":                                   {err: sender.ErrPermanent},
	"FailedOperation.SignatureIncorrectOrUnapproved":                  {err: sender.ErrPermanent},
	"FailedOperation.TemplateIncorrectOrUnapproved":                   {err: sender.ErrPermanent},
	"FailedOperation.TemplateParamSetNotMatchApprovedTemplate":        {err: sender.ErrPermanent},
	"FailedOperation.TemplateUnapprovedOrNotExist":                    {err: sender.ErrPermanent},
	"InternalError.RequestTimeException":                              {err: sender.ErrPermanent},
	"InternalError.RestApiInterfaceNotExist":                          {err: sender.ErrPermanent},
	"InternalError.SigFieldMissing":                                   {err: sender.ErrPermanent},
	"InternalError.SigVerificationFail":                               {err: sender.ErrPermanent},
	"InvalidAction":                                                   {err: sender.ErrPermanent},
	"InvalidParameter":                                                {err: sender.ErrPermanent},
	"InvalidParameterValue":                                           {err: sender.ErrPermanent},
	"InvalidParameterValue.ContentLengthLimit":                        {err: sender.ErrPermanent},
	"InvalidParameterValue.ProhibitedUseUrlInTemplateParameter":       {err: sender.ErrPermanent},
	"InvalidParameterValue.SdkAppIdNotExist":                          {err: sender.ErrPermanent},
	"InvalidParameterValue.TemplateParameterFormatError":              {err: sender.ErrPermanent},
	"InvalidParameterValue.TemplateParameterLengthLimit":              {err: sender.ErrPermanent},
	"InvalidRequest":                                                  {err: sender.ErrPermanent},
	"IpInBlacklist":                                                   {err: sender.ErrPermanent},
	"IpNotInWhitelist":                                                {err: sender.ErrPermanent},
	"LimitExceeded.PhoneNumberCountLimit":                             {err: sender.ErrPermanent},
	"MissingParameter":                                                {err: sender.ErrPermanent},
	"MissingParameter.EmptyPhoneNumberSet":                            {err: sender.ErrPermanent},
	"NoSuchProduct":                                                   {err: sender.ErrPermanent},
	"NoSuchVersion":                                                   {err: sender.ErrPermanent},
	"RequestSizeLimitExceeded":                                        {err: sender.ErrPermanent},
	"ResourceNotFound":                                                {err: sender.ErrPermanent},
	"ResponseSizeLimitExceeded":                                       {err: sender.ErrPermanent},
	"UnauthorizedOperation":                                           {err: sender.ErrPermanent},
	"UnauthorizedOperation.IndividualUserMarketingSmsPermissionDeny":  {err: sender.ErrPermanent},
	"UnauthorizedOperation.RequestIpNotInWhitelist":                   {err: sender.ErrPermanent},
	"UnauthorizedOperation.RequestPermissionDeny":                     {err: sender.ErrPermanent},
	"UnauthorizedOperation.SdkAppIdIsDisabled":                        {err: sender.ErrPermanent},
	"UnauthorizedOperation.ServiceSuspendDueToArrears":                {err: sender.ErrPermanent},
	"UnauthorizedOperation.SmsSdkAppIdVerifyFail":                     {err: sender.ErrPermanent},
	"UnknownParameter":                                                {err: sender.ErrPermanent},
	"UnsupportedOperation":                                            {err: sender.ErrPermanent},
	"UnsupportedOperation.ChineseMainlandTemplateToGlobalPhone":       {err: sender.ErrPermanent},
	"UnsupportedOperation.ContainDomesticAndInternationalPhoneNumber": {err: sender.ErrPermanent},
	"UnsupportedOperation.GlobalTemplateToChineseMainlandPhone":       {err: sender.ErrPermanent},
	"UnsupportedProtocol":                                             {err: sender.ErrPermanent},
	"UnsupportedRegion":                                               {err: sender.ErrPermanent},
}

// failure is the error for a code that Tencent answered with.
func failure(code string, a vendorhttp.Answer) *sender.Error {
	what, ok := codes[code]
	if !ok {
		area, _, _ := strings.Cut(code, ".")
		what, ok = codes[area]
		what.ofNumber = strings.HasPrefix(code, "LimitExceeded.PhoneNumber")
	}
	if !ok {
		what.err = sender.ErrPermanent
		if a.Status >= http.StatusInternalServerError {
			what.err, what.uncertain = sender.ErrTemporary, true
		}
	}
	e := &sender.Error{Err: what.err, RetryAfter: what.retryAfter, Uncertain: what.uncertain, Detail: code, RecipientLimit: what.ofNumber}
	if told := vendorhttp.RetryAfter(a.Header); told > 0 {
		e.RetryAfter = told
	}
	return e
}
