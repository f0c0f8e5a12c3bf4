package tencent

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"time"

	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common"
	"github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/common/profile"
	sms "github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud/sms/v20210111"

	"github.com/ligature-auth/ligature/internal/vendorhttp"
	"github.com/ligature-auth/ligature/internal/vendortemplate"
	"github.com/ligature-auth/ligature/sender"
)

// vendor is what the Receipts call Tencent.
const vendor = "tencent"

// Sender sends text messages by Tencent Cloud. It is safe for concurrent use.
type Sender struct {
	client    *sms.Client
	sdkAppID  string
	signName  string
	senderID  string
	templates vendortemplate.Set
	now       func() time.Time
}

// New makes a Sender. It asks Tencent nothing.
//
// It fails while the SDK's global common.DefaultHttpClient is set: the SDK would change
// that client, and others use it.
func New(o Options) (*Sender, error) {
	o, base, err := o.complete()
	if err != nil {
		return nil, err
	}
	all, err := newTemplates(o.Templates)
	if err != nil {
		return nil, err
	}
	if common.DefaultHttpClient != nil {
		return nil, errors.New("tencent: common.DefaultHttpClient is set: give Options.HTTPClient instead, and make the Sender before it is")
	}
	// Once, without the SDK's retries, its switching of regions and its dumps of requests.
	// No timeout: that of the transport's client counts.
	p := &profile.ClientProfile{
		HttpProfile:          &profile.HttpProfile{ReqMethod: "POST", Scheme: base.Scheme, Endpoint: base.Host},
		SignMethod:           "TC3-HMAC-SHA256",
		Language:             "en-US",
		DisableRegionBreaker: true,
	}
	client, err := sms.NewClient(credential{o.SecretID, o.SecretKey}, o.Region, p)
	if err != nil {
		return nil, errors.New("tencent: the SDK refuses the options")
	}
	client.WithHttpTransport(transport{vendorhttp.Client(o.HTTPClient)})
	client.WithLogger(log.New(io.Discard, "", 0))
	return &Sender{client: client, sdkAppID: o.SDKAppID, signName: o.SignName, senderID: o.SenderID, templates: all, now: o.Now}, nil
}

// credential is the SDK's, with the key kept from being printed.
type credential struct {
	id  string
	key sender.Secret
}

// GetSecretId is for the SDK.
func (c credential) GetSecretId() string { return c.id }

// GetSecretKey is for the SDK.
func (c credential) GetSecretKey() string { return c.key.Reveal() }

// GetToken is for the SDK, and empty: the key is not a temporary one.
func (c credential) GetToken() string { return "" }

// GetCredential is for the SDK.
func (c credential) GetCredential() (id, key, token string) { return c.id, c.key.Reveal(), "" }

// Send sends m, which is for sender.SMS, by the template for what it says. The Receipt has
// Tencent's serial number and the number of messages that it charges.
func (s *Sender) Send(ctx context.Context, m sender.Message) (sender.Receipt, error) {
	if ctx.Err() != nil {
		return sender.Receipt{}, vendorhttp.Unsent(ctx, "not sent")
	}
	if m.Channel != sender.SMS {
		return sender.Receipt{}, &sender.Error{Err: sender.ErrPermanent, Detail: fmt.Sprintf("no sender for channel %q", m.Channel)}
	}
	if !vendorhttp.E164(m.To) {
		return sender.Receipt{}, &sender.Error{Err: sender.ErrRecipient, Detail: "no number in E.164"}
	}
	t, ok := s.templates.Find(m)
	if !ok {
		return sender.Receipt{}, &sender.Error{Err: sender.ErrPermanent, Detail: fmt.Sprintf("no template for %q", m.Template)}
	}
	values, ok := t.Values(m)
	if !ok {
		return sender.Receipt{}, &sender.Error{Err: sender.ErrPermanent, Detail: "the message has no code"}
	}
	if !m.Expires.IsZero() && !s.now().Before(m.Expires) {
		return sender.Receipt{}, &sender.Error{Err: sender.ErrPermanent, Detail: "the code has expired"}
	}

	req := sms.NewSendSmsRequest()
	req.PhoneNumberSet = []*string{&m.To}
	req.SmsSdkAppId = &s.sdkAppID
	req.TemplateId = &t.ID
	for _, value := range values {
		req.TemplateParamSet = append(req.TemplateParamSet, &value)
	}
	if s.signName != "" {
		req.SignName = &s.signName
	}
	if s.senderID != "" {
		req.SenderId = &s.senderID
	}
	if m.ID != "" {
		req.SessionContext = &m.ID
	}

	c := new(call)
	res, err := s.client.SendSmsWithContext(context.WithValue(ctx, callKey{}, c), req)
	return c.outcome(m, res, err)
}
