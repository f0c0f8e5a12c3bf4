package store_test

import (
	"reflect"
	"slices"
	"testing"

	"github.com/ligature-auth/ligature/store"
)

// A time with a zone comes back from some databases hours off: there is none in
// the contract, only integers of microseconds.
func TestR14_RecordsHoldIntegersForTimes(t *testing.T) {
	times := []string{}
	var look func(path string, typ reflect.Type)
	look = func(path string, typ reflect.Type) {
		switch typ.Kind() {
		case reflect.Struct:
			for i := range typ.NumField() {
				f := typ.Field(i)
				if slices.Contains([]string{"CreatedAt", "Expires", "At", "Due", "Epoch", "Version", "N"}, f.Name) {
					times = append(times, f.Name)
					if f.Type.Kind() != reflect.Int64 {
						t.Errorf("%s.%s is a %v, want an int64", path, f.Name, f.Type)
					}
				}
				look(path+"."+f.Name, f.Type)
			}
		case reflect.Slice, reflect.Array:
			look(path+"[]", typ.Elem())
		case reflect.String, reflect.Int64, reflect.Uint8:
		default:
			t.Errorf("%s is a %v: not a type that every database keeps", path, typ)
		}
	}
	look("Change", reflect.TypeFor[store.Change]())
	look("Counter", reflect.TypeFor[store.Counter]())
	if len(times) < 8 {
		t.Errorf("only %v were looked at", times)
	}
}
