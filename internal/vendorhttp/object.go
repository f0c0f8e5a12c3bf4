package vendorhttp

import (
	"bytes"
	"encoding/json"
)

// Object reports whether an answer is one JSON object, whole and alone.
func Object(body []byte) bool {
	return bytes.HasPrefix(bytes.TrimLeft(body, " \t\r\n"), []byte("{")) && json.Valid(body)
}
