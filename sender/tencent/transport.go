package tencent

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"

	sdkerrors "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/errors"
	sms "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/sms/v20210111"

	"github.com/ligature-auth/ligature/internal/vendorhttp"
	"github.com/ligature-auth/ligature/sender"
)

// call is what became of one request of the SDK. The SDK's own errors hold the URL and
// the whole answer, and do not say whether anything was sent.
type call struct {
	asked  bool
	answer vendorhttp.Answer
	err    error
}

// callKey is the key of a *call in the context of a request.
type callKey struct{}

// transport carries the requests of the SDK, which lets itself be given a transport but
// no client.
type transport struct{ client *http.Client }

// errForeign ends a call whose answer cannot be Tencent's.
var errForeign = errors.New("tencent: the answer is no JSON object")

// RoundTrip asks once and notes what came of it in the call of the request's context.
func (t transport) RoundTrip(req *http.Request) (*http.Response, error) {
	c, _ := req.Context().Value(callKey{}).(*call)
	if c == nil {
		return nil, errors.New("tencent: a request that is none of Send's")
	}
	c.asked = true
	c.answer, c.err = vendorhttp.Ask(t.client, req)
	if c.err != nil {
		return nil, c.err
	}
	if !vendorhttp.Object(c.answer.Body) {
		return nil, errForeign // of a null the SDK would panic
	}
	return &http.Response{
		Status:     http.StatusText(c.answer.Status),
		StatusCode: c.answer.Status,
		Proto:      "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		// Nothing of the answer's own header: by some of its values the SDK would take
		// it for a stream, follow it elsewhere, or print it.
		Header:        http.Header{"Content-Type": {"application/json"}},
		Body:          io.NopCloser(bytes.NewReader(c.answer.Body)),
		ContentLength: int64(len(c.answer.Body)),
		Request:       req,
	}, nil
}

// outcome makes of what the SDK returned for m what Send returns. What is to be a code or an
// ID of Tencent's and holds the message's number or code is neither.
func (c *call) outcome(m sender.Message, res *sms.SendSmsResponse, err error) (sender.Receipt, error) {
	word := func(s string) string {
		if vendorhttp.Repeats(s, m) {
			return ""
		}
		return vendorhttp.Word(s)
	}
	switch {
	case !c.asked:
		return sender.Receipt{}, &sender.Error{Err: sender.ErrPermanent, Detail: "the SDK makes no request of it"}
	case c.err != nil:
		return sender.Receipt{}, c.err
	case err != nil:
		var told *sdkerrors.TencentCloudSDKError
		if errors.As(err, &told) && word(told.Code) != "" && !strings.HasPrefix(told.Code, "ClientError.") {
			return sender.Receipt{}, failure(told.Code, c.answer)
		}
		return sender.Receipt{}, vendorhttp.Unexplained(c.answer)
	}
	if res.Response == nil || len(res.Response.SendStatusSet) != 1 || res.Response.SendStatusSet[0] == nil {
		return sender.Receipt{}, vendorhttp.Unexplained(c.answer)
	}
	status := res.Response.SendStatusSet[0]
	switch code := word(deref(status.Code)); code {
	case "Ok":
		segments := int(min(deref(status.Fee), 1<<16))
		return sender.Receipt{Vendor: vendor, MessageID: word(deref(status.SerialNo)), Segments: segments}, nil
	case "":
		return sender.Receipt{}, vendorhttp.Unexplained(c.answer)
	default:
		return sender.Receipt{}, failure(code, c.answer)
	}
}

// deref returns what p points to, if anything.
func deref[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}
