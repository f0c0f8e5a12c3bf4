package tencent_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/ligature-auth/ligature/sender"
	"github.com/ligature-auth/ligature/sender/tencent"
)

// Tencent's templates say what is sent; the options say which of them says what.
func Example() {
	vendor := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var req struct {
			TemplateId       string
			TemplateParamSet []string
		}
		_ = json.NewDecoder(r.Body).Decode(&req)
		fmt.Println("Tencent is to fill in template", req.TemplateId, "with", req.TemplateParamSet)
		_, _ = w.Write([]byte(`{"Response":{"SendStatusSet":[{"Code":"Ok","SerialNo":"5000:1045","Fee":1}]}}`))
	}))
	defer vendor.Close()

	s, err := tencent.New(tencent.Options{
		SecretID:  "AKIDexample",
		SecretKey: sender.NewSecret("the key of AKIDexample"),
		SDKAppID:  "1400006666",
		SignName:  "Example",
		Templates: []tencent.Template{
			{For: sender.SignInCode, ID: "1110", Params: []sender.Param{sender.ParamCode, sender.ParamMinutes}},
			{For: sender.SignInCode, Language: "en", ID: "1111", Params: []sender.Param{sender.ParamCode, sender.ParamMinutes}},
		},
		BaseURL: vendor.URL, // an application leaves it out
	})
	if err != nil {
		fmt.Println(err)
		return
	}

	m := sender.Message{
		ID:       "m1",
		Channel:  sender.SMS,
		To:       "+8613800000000",
		Purpose:  sender.SignIn,
		Template: sender.SignInCode,
		Code:     sender.NewCode("735081"),
		Lifetime: 10 * time.Minute,
		Locale:   "zh-Hans-CN",
	}
	receipt, err := s.Send(context.Background(), m)
	fmt.Println(receipt.MessageID, receipt.Segments, err)

	m.Locale = "en-GB"
	receipt, err = s.Send(context.Background(), m)
	fmt.Println(receipt.MessageID, receipt.Segments, err)

	m.To = "+86 138 0000 0000"
	_, err = s.Send(context.Background(), m)
	fmt.Println(err)

	// Output:
	// Tencent is to fill in template 1110 with [735081 10]
	// 5000:1045 1 <nil>
	// Tencent is to fill in template 1111 with [735081 10]
	// 5000:1045 1 <nil>
	// sender: recipient refused: no number in E.164
}
