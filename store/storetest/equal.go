package storetest

import (
	"fmt"
	"reflect"
	"testing"

	"github.com/ligature-auth/ligature/store"
)

// wantEqual compares records, or slices of them, field by field. Whether an
// empty slice is nil is nobody's promise.
func wantEqual(t *testing.T, what string, got, want any) {
	t.Helper()
	if !equal(got, want) {
		t.Errorf("%s:\n got %.400s\nwant %.400s", what, fmt.Sprintf("%+v", got), fmt.Sprintf("%+v", want))
	}
}

func equal(got, want any) bool {
	return reflect.DeepEqual(normal(got), normal(want))
}

// normal makes empty slices nil, in a copy.
func normal(v any) any {
	switch v := v.(type) {
	case *store.Account:
		if v == nil {
			return nil
		}
		return normal(*v)
	case *store.Proof:
		return normal(*v)
	case store.Account:
		v.Data, v.Associations = normalBytes(v.Data), normalSlice(v.Associations)
		return v
	case store.Association:
		v.Value, v.Data = normalBytes(v.Value), normalBytes(v.Data)
		return v
	case store.Proof:
		v.Data = normalBytes(v.Data)
		return v
	case store.Event:
		v.Data = normalBytes(v.Data)
		return v
	case store.Notice:
		v.Data = normalBytes(v.Data)
		return v
	case store.Change:
		return store.Change{
			Accounts: normalSlice(v.Accounts), Proofs: normalSlice(v.Proofs), Notices: normalSlice(v.Notices),
			Unlink: normalSlice(v.Unlink), Link: normalSlice(v.Link), Events: normalSlice(v.Events),
		}
	case []byte:
		return normalBytes(v)
	case []store.Account:
		return normalSlice(v)
	case []store.Association:
		return normalSlice(v)
	case []store.Proof:
		return normalSlice(v)
	case []store.Event:
		return normalSlice(v)
	case []store.Notice:
		return normalSlice(v)
	case []string:
		return normalSlice(v)
	case []any:
		return normalSlice(v)
	default:
		return v
	}
}

func normalBytes(b []byte) []byte {
	if len(b) == 0 {
		return nil
	}
	return b
}

func normalSlice[T any](list []T) []T {
	var out []T
	for _, v := range list {
		w, _ := normal(v).(T) // a nil account among []any stays nil
		out = append(out, w)
	}
	return out
}

// idsOf makes the order of a list printable.
func idsOf[T any](list []T, id func(T) string) []string {
	ids := make([]string, 0, len(list))
	for _, v := range list {
		ids = append(ids, id(v))
	}
	return ids
}
