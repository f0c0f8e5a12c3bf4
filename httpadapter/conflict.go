package httpadapter

import (
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/ligature-auth/ligature/association"
)

// conflict is what a client asks for where another account has the address: a name,
// or its number.
type conflict association.Conflict

var resolutions = map[string]association.Conflict{
	`null`: "", `"DEFAULT"`: "", `0`: "",
	`"DELETE_ACCOUNT_TRANSFER"`: association.ConflictDelete, `1`: association.ConflictDelete,
	`"TRANSFER"`: association.ConflictTransfer, `2`: association.ConflictTransfer,
}

// UnmarshalJSONFrom takes a name or a number of the table.
func (c *conflict) UnmarshalJSONFrom(d *jsontext.Decoder) error {
	v, err := d.ReadValue()
	if err != nil {
		return err
	}
	known, ok := resolutions[string(v)]
	if !ok {
		return &json.SemanticError{Err: fmt.Errorf("no such resolution")}
	}
	*c = conflict(known)
	return nil
}
