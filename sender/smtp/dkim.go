package smtp

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/rsa"
	"errors"
	"fmt"

	"github.com/emersion/go-msgauth/dkim"
)

// leastRSA is in bits. Verifiers take no shorter key (RFC 8301, section 3.2).
const leastRSA = 1024

// DKIM is how messages are signed: the public key is in the TXT record
// <Selector>._domainkey.<Domain>. For DMARC, Domain is that of Options.From or one above
// it. A provider that changes a message, or adds a Cc or List-Unsubscribe to it, breaks the
// signature: such a one has to sign by itself.
//
// Printed, marshalled or logged it shows Domain and Selector alone.
type DKIM struct {
	Domain   string // "example.com"
	Selector string // "2026a"
	// Signer holds the private key, RSA of 1024 bits or more, or Ed25519. It is used by
	// several goroutines at once. Sign is not told of contexts: one that asks a service
	// has to bound its own time.
	Signer crypto.Signer
}

// signed are the header fields under the signature. Each is here more often than in a
// message, so that none can be added to it (RFC 6376, section 8.15): readers would take the
// one on top. Sender is not among them: a submission server may add it (RFC 6409, section
// 8.1).
var signed = []string{
	"From", "From", "To", "To", "Subject", "Subject", "Reply-To", "Reply-To", "Date", "Date", "Message-ID", "Message-ID",
	"MIME-Version", "MIME-Version", "Content-Type", "Content-Type", "Content-Transfer-Encoding", "Content-Transfer-Encoding",
	"Content-Language", "Content-Language", "Auto-Submitted", "Auto-Submitted",
	"Cc", "Bcc", "List-Unsubscribe", "List-Unsubscribe-Post",
}

func (d DKIM) validate() error {
	switch {
	case !validDomain(d.Domain):
		return errors.New("smtp: Options.DKIM.Domain is no domain name")
	case !validDomain(d.Selector):
		return errors.New("smtp: Options.DKIM.Selector is no part of a domain name")
	case d.Signer == nil:
		return errors.New("smtp: Options.DKIM.Signer is required")
	}
	// Keys that are none cannot even be asked for their public half.
	if key, ok := d.Signer.(*rsa.PrivateKey); ok && key == nil {
		return errors.New("smtp: Options.DKIM.Signer is a nil key")
	}
	if key, ok := d.Signer.(ed25519.PrivateKey); ok && len(key) != ed25519.PrivateKeySize {
		return errors.New("smtp: Options.DKIM.Signer is an Ed25519 key of the wrong size")
	}
	switch key := d.Signer.Public().(type) {
	case ed25519.PublicKey:
		return nil
	case *rsa.PublicKey:
		if key.N.BitLen() < leastRSA {
			return fmt.Errorf("smtp: Options.DKIM.Signer has an RSA key of less than %d bits", leastRSA)
		}
		return nil
	}
	return errors.New("smtp: Options.DKIM.Signer is neither RSA nor Ed25519")
}

// sign returns the message with its signature in front.
func (d DKIM) sign(message []byte) ([]byte, error) {
	var out bytes.Buffer
	err := dkim.Sign(&out, bytes.NewReader(message), &dkim.SignOptions{
		Domain:                 d.Domain,
		Selector:               d.Selector,
		Signer:                 d.Signer,
		HeaderCanonicalization: dkim.CanonicalizationRelaxed,
		BodyCanonicalization:   dkim.CanonicalizationRelaxed,
		HeaderKeys:             signed,
	})
	return out.Bytes(), err
}

// String shows the domain and the selector.
func (d DKIM) String() string { return fmt.Sprintf("smtp.DKIM{%s %s}", d.Domain, d.Selector) }

// GoString is String.
func (d DKIM) GoString() string { return d.String() }

// Format writes String for every verb.
func (d DKIM) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(d.String())) }

// MarshalText is String, so that no encoder spills the key.
func (d DKIM) MarshalText() ([]byte, error) { return []byte(d.String()), nil }
