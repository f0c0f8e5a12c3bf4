package twilio_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/ligature-auth/ligature/sender"
	"github.com/ligature-auth/ligature/sender/twilio"
)

// exampleAccount would come from the application's secrets.
func exampleAccount() twilio.Account {
	return twilio.Account{SID: "AC0123456789abcdef0123456789abcdef", AuthToken: sender.NewSecret("0123456789abcdef0123456789abcdef")}
}

// Text messages from a messaging service, WhatsApp by an approved template.
func Example() {
	vendor := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Println(r.FormValue("To"), r.FormValue("Body")+r.FormValue("ContentVariables"))
		w.WriteHeader(http.StatusCreated)
		_, _ = w.Write([]byte(`{"sid":"SM0123456789abcdef0123456789abcdef","num_segments":"1"}`))
	}))
	defer vendor.Close()

	s, err := twilio.New(twilio.Options{
		Account: exampleAccount(),
		Channels: map[sender.Channel]twilio.Channel{
			sender.SMS: {MessagingServiceSID: "MG0123456789abcdef0123456789abcdef"},
			sender.WhatsApp: {From: "+14155550100", Templates: []twilio.Template{{
				For:        sender.SignInCode,
				ContentSID: "HX0123456789abcdef0123456789abcdef",
				Params:     []sender.Param{sender.ParamCode},
			}}},
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
		To:       "+447700900123",
		Purpose:  sender.SignIn,
		Template: sender.SignInCode,
		Code:     sender.NewCode("735081"),
		Text:     "735081 is your code to sign in to Example.",
	}
	receipt, err := s.Send(context.Background(), m)
	fmt.Println(receipt.MessageID, receipt.Segments, err)

	m.Channel = sender.WhatsApp
	receipt, err = s.Send(context.Background(), m)
	fmt.Println(receipt.MessageID, receipt.Segments, err)

	// Output:
	// +447700900123 735081 is your code to sign in to Example.
	// SM0123456789abcdef0123456789abcdef 1 <nil>
	// whatsapp:+447700900123 {"1":"735081"}
	// SM0123456789abcdef0123456789abcdef 1 <nil>
}

// Twilio makes the code, sends it and checks what was typed.
func ExampleVerify() {
	vendor := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		status := `"pending","valid":false`
		if r.FormValue("Code") == "735081" {
			status = `"approved","valid":true`
		}
		_, _ = w.Write([]byte(`{"sid":"VE0123456789abcdef0123456789abcdef","to":"+447700900123","status":` + status + `}`))
	}))
	defer vendor.Close()

	v, err := twilio.NewVerify(twilio.VerifyOptions{
		Account: exampleAccount(),
		Services: map[sender.Purpose]string{
			sender.Bind:   "VA0123456789abcdef0123456789abcde0",
			sender.Sudo:   "VA0123456789abcdef0123456789abcde1",
			sender.SignIn: "VA0123456789abcdef0123456789abcde2",
		},
		BaseURL: vendor.URL, // an application leaves it out
	})
	if err != nil {
		fmt.Println(err)
		return
	}

	m := sender.Message{ID: "m1", Channel: sender.SMS, To: "+447700900123", Purpose: sender.SignIn, Template: sender.SignInCode}
	receipt, err := v.Send(context.Background(), m)
	fmt.Println(v.MakesCode(m), receipt.MessageID, err)

	for _, typed := range []string{"111111", "735081"} {
		right, err := v.CheckCode(context.Background(), sender.CodeCheck{Message: m, MessageID: receipt.MessageID, Typed: sender.NewCode(typed)})
		fmt.Println(right, err)
	}

	// Output:
	// true VE0123456789abcdef0123456789abcdef <nil>
	// false <nil>
	// true <nil>
}
