package ladder_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	testName  = regexp.MustCompile(`(?m)^func ((?:Test|Fuzz|Benchmark)\w+)\(`)
	tableRow  = regexp.MustCompile(`(?m)^\| (R\d\d) \|[^|\n]+\|([^|\n]+)\|$`)
	namedTest = regexp.MustCompile("`([a-z/]+)\\.((?:Test|Fuzz|Benchmark)\\w+)`")
)

// TestSecurityTable holds docs/security.md to the tests: every requirement has a
// row, every test it names exists, and every test named after a requirement is in
// the row of it.
func TestSecurityTable(t *testing.T) {
	root := "../.."
	tests := map[string]bool{} // "association.TestR11_..."
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() && d.Name() == "node_modules" {
			return skip(d, err)
		}
		if !strings.HasSuffix(path, "_test.go") {
			return nil
		}
		src, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		dir, err := filepath.Rel(root, filepath.Dir(path))
		if err != nil {
			return err
		}
		for _, m := range testName.FindAllSubmatch(src, -1) {
			tests[filepath.ToSlash(dir)+"."+string(m[1])] = true
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}

	doc, err := os.ReadFile(filepath.Join(root, "docs", "security.md"))
	if err != nil {
		t.Fatal(err)
	}
	rows := map[string][]string{}
	for _, m := range tableRow.FindAllSubmatch(doc, -1) {
		id, held := string(m[1]), string(m[2])
		if _, twice := rows[id]; twice {
			t.Errorf("%s has two rows", id)
		}
		rows[id] = []string{}
		for _, n := range namedTest.FindAllStringSubmatch(held, -1) {
			rows[id] = append(rows[id], n[1]+"."+n[2])
		}
		if len(rows[id]) == 0 && strings.TrimSpace(held) != "not yet" {
			t.Errorf(`%s is held by no test, and does not say "not yet"`, id)
		}
		for _, name := range rows[id] {
			if !tests[name] {
				t.Errorf("%s: there is no test %s", id, name)
			}
		}
	}
	for n := 1; n <= 68; n++ {
		if id := fmt.Sprintf("R%02d", n); rows[id] == nil {
			t.Errorf("%s has no row", id)
		}
	}
	if len(rows) != 68 {
		t.Errorf("%d rows, want 68", len(rows))
	}
	for name := range tests {
		for _, id := range requirements(name) {
			if !slices.Contains(rows[id], name) {
				t.Errorf("%s is named after %s, whose row does not name it", name, id)
			}
		}
	}
}

var requirement = regexp.MustCompile(`R\d\d`)

// requirements returns what a test is named after: TestR22_R23_... after two.
func requirements(name string) []string {
	_, fn, _ := strings.Cut(name, ".")
	m := regexp.MustCompile(`^(?:Test|Fuzz|Benchmark)((?:R\d\d_?)+)`).FindStringSubmatch(fn)
	if m == nil {
		return nil
	}
	return requirement.FindAllString(m[1], -1)
}

func skip(d fs.DirEntry, err error) error {
	if err != nil {
		return err
	}
	return filepath.SkipDir
}
