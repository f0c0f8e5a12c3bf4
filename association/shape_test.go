package association_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/ligature-auth/ligature/association"
)

var updateShapes = flag.Bool("update", false, "write testdata/records.txt anew")

// TestRecordShapes pins what is stored, and what tokens look like: a database
// holds both. Another shape is another version, with code that reads the old one.
// To write the file anew: go test ./association -run TestRecordShapes -update
func TestRecordShapes(t *testing.T) {
	var out strings.Builder
	for _, name := range slices.Sorted(maps.Keys(association.Records)) {
		fmt.Fprintf(&out, "%s\n", name)
		shape(&out, "  ", reflect.TypeOf(association.Records[name]))
	}
	for _, prefix := range slices.Sorted(maps.Keys(association.TokenPrefixes)) {
		fmt.Fprintf(&out, "token %s, %d bytes\n", prefix, association.TokenPrefixes[prefix])
	}
	golden := filepath.Join("testdata", "records.txt")
	if *updateShapes {
		if err := os.WriteFile(golden, []byte(out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if out.String() != string(want) {
		t.Errorf("the stored records are now\n%s\nand were\n%s", out.String(), want)
	}
	for _, v := range association.RecordVersions {
		if v != 1 {
			t.Errorf("a record has version %d: name it so here, and test that version 1 is still read", v)
		}
	}
}

// shape writes the names and types that a struct has in JSON.
func shape(out *strings.Builder, indent string, typ reflect.Type) {
	for typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	for i := range typ.NumField() {
		f := typ.Field(i)
		kind := f.Type
		for kind.Kind() == reflect.Pointer || kind.Kind() == reflect.Slice && kind.Elem().Kind() == reflect.Struct {
			kind = kind.Elem()
		}
		if kind.Kind() == reflect.Struct {
			fmt.Fprintf(out, "%s%s\n", indent, f.Tag.Get("json"))
			shape(out, indent+"  ", kind)
			continue
		}
		fmt.Fprintf(out, "%s%s %s\n", indent, f.Tag.Get("json"), kind.Kind())
	}
}
