package httpadapter

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/ligature-auth/ligature/association"
)

const maxBody = 8 << 10

// read decodes the request's body into T, strictly (R61): one JSON object of at
// most 8 KiB, whatever the content type says, for the real client sends
// text/plain. A name that stands twice or in another case, a value of another
// type and trailing data are refused; unknown names are ignored. No body at all
// is an empty object.
func read[T any](x *exchange) (T, error) {
	var v T
	body, err := io.ReadAll(http.MaxBytesReader(x.w, x.r.Body, maxBody))
	if err != nil {
		return v, badBody("the body is too long, or broke off")
	}
	return parse[T](body)
}

func parse[T any](body []byte) (T, error) {
	var v, folded, none T
	if len(body) == 0 {
		return v, nil
	}
	if jsontext.Value(body).Kind() != '{' {
		return none, badBody("the body is not a JSON object")
	}
	if err := json.Unmarshal(body, &v); err != nil {
		var wrongType *json.SemanticError
		if errors.As(err, &wrongType) {
			return none, badBody("a field of the body has the wrong type")
		}
		return none, badBody("the body is not valid JSON, or a name stands twice")
	}
	// Read once more with names of any case: a difference, or a name that now
	// stands twice, is a name that somebody else might read otherwise.
	if err := json.Unmarshal(body, &folded, json.MatchCaseInsensitiveNames(true)); err != nil || !reflect.DeepEqual(v, folded) {
		return none, badBody("a name in the body is written in another case")
	}
	return v, nil
}

func badBody(why string) error {
	return fmt.Errorf("httpadapter: %w", &association.Error{Op: "read", Err: association.ErrInvalidArgument, Detail: why})
}

// code is a verification code, which some clients send as a number.
type code string

// UnmarshalJSONFrom takes a string, or a whole number of digits.
func (c *code) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	v, err := d.ReadValue()
	if err != nil {
		return err
	}
	if v.Kind() != '0' {
		return json.Unmarshal(v, (*string)(c))
	}
	if _, err := strconv.ParseUint(string(v), 10, 64); err != nil {
		return fmt.Errorf("not a code: %w", err)
	}
	*c = code(v)
	return nil
}

// sudoToken is a sudo token, which the published procedure passes on as the
// whole answer it came in.
type sudoToken string

// UnmarshalJSONFrom takes a string, or an object that holds one.
func (t *sudoToken) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	v, err := d.ReadValue()
	if err != nil {
		return err
	}
	if v.Kind() != '{' {
		return json.Unmarshal(v, (*string)(t))
	}
	var answer struct {
		SudoToken string `json:"sudo_token"`
	}
	if err := json.Unmarshal(v, &answer, d.Options()); err != nil {
		return err
	}
	*t = sudoToken(answer.SudoToken)
	return nil
}

// numbered is a phone number, or nothing where the client has put a country's prefix
// before none.
func numbered(phone string) string {
	if prefix, rest, ok := strings.Cut(phone, " "); ok && rest == "" && strings.HasPrefix(prefix, "+") && len(prefix) <= 4 {
		return ""
	}
	return phone
}

func (t sudoToken) token() association.Token { return association.NewToken(string(t)) }

// address is the email or phone number of a body that names exactly one.
func address(email, phone string) (kind, to string, err error) {
	phone = numbered(phone)
	switch {
	case email != "" && phone == "":
		return "email", email, nil
	case phone != "" && email == "":
		return "phone", phone, nil
	}
	return "", "", badBody("give an email or a phone number, one of them")
}
