package tencent_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common"

	"github.com/ligature-auth/ligature/sender"
	"github.com/ligature-auth/ligature/sender/tencent"
)

func TestNewNamesTheField(t *testing.T) {
	first := func(change func(*tencent.Template)) func(*tencent.Options) {
		return func(o *tencent.Options) { change(&o.Templates[0]) }
	}
	for _, test := range []struct {
		change func(*tencent.Options)
		want   string
	}{
		{func(o *tencent.Options) { o.SecretID = "" }, "SecretID"},
		{func(o *tencent.Options) { o.SecretID = "a, b" }, "SecretID"},
		{func(o *tencent.Options) { o.SecretKey = sender.Secret{} }, "SecretKey"},
		{func(o *tencent.Options) { o.SDKAppID = "" }, "SDKAppID"},
		{func(o *tencent.Options) { o.Region = "ap\r\nguangzhou" }, "Region"},
		{func(o *tencent.Options) { o.BaseURL = "http://sms.tencentcloudapi.com" }, "BaseURL"},
		{func(o *tencent.Options) { o.BaseURL = "https://sms.tencentcloudapi.com/path" }, "BaseURL"},
		{func(o *tencent.Options) { o.BaseURL = "https://me:pw@sms.tencentcloudapi.com" }, "BaseURL"},
		{func(o *tencent.Options) { o.BaseURL = "sms.tencentcloudapi.com" }, "BaseURL"},
		{func(o *tencent.Options) { o.BaseURL = "https://" }, "BaseURL"},
		{func(o *tencent.Options) { o.BaseURL = "https://\x00" }, "BaseURL"},
		{func(o *tencent.Options) { o.Templates = nil }, "Templates"},
		{first(func(t *tencent.Template) { t.For = "" }), "Templates[0].For"},
		{first(func(t *tencent.Template) { t.ID = "" }), "Templates[0].ID"},
		{first(func(t *tencent.Template) { t.Language = "zh_CN" }), "Templates[0].Language"},
		{first(func(t *tencent.Template) { t.Params = append(t.Params, "colour") }), "Templates[0].Params"},
		{first(func(t *tencent.Template) { t.Params = []sender.Param{sender.ParamMinutes} }), "Templates[0].Params"},
		{func(o *tencent.Options) { o.Templates[2].Params = []sender.Param{sender.ParamCode} }, "Templates[2].Params"},
		{func(o *tencent.Options) { o.Templates = append(o.Templates, o.Templates[0]) }, "Templates[3]"},
	} {
		o := options("")
		test.change(&o)
		if _, err := tencent.New(o); err == nil || !strings.Contains(err.Error(), "Options."+test.want) {
			t.Errorf("want an error that names %s, got %v", test.want, err)
		}
	}
}

// The options are the caller's to change afterwards.
func TestNewCopies(t *testing.T) {
	s := newServer(t, nil)
	o := options(s.URL)
	send := newSender(t, o)
	o.Templates[0].Params[0] = sender.ParamService
	o.Templates[0].ID = "0"
	if _, err := send.Send(t.Context(), message()); err != nil {
		t.Fatal(err)
	}
	if got := s.last(); got.TemplateId != "1110" || got.TemplateParamSet[0] != "826104" {
		t.Errorf("a change of the options reached the Sender: %+v", got)
	}
}

// The SDK would set the timeout and the transport of the program's own client.
func TestNewLeavesTheSDKsGlobalClientAlone(t *testing.T) {
	mine := &http.Client{}
	common.DefaultHttpClient = mine
	defer func() { common.DefaultHttpClient = nil }()
	if _, err := tencent.New(options("")); err == nil || !strings.Contains(err.Error(), "DefaultHttpClient") {
		t.Errorf("the error is %v", err)
	}
	if mine.Transport != nil || mine.Timeout != 0 {
		t.Error("the client was changed")
	}
}
