package redisstore_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Whatever code docs/writing-a-store.md shows is code of this repository.
func TestTheDocumentShowsRealCode(t *testing.T) {
	const root = "../.."
	text, err := os.ReadFile(filepath.Join(root, "docs", "writing-a-store.md"))
	if err != nil {
		t.Fatal(err)
	}
	code := map[string][]string{} // by language, the files
	if err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		language := strings.TrimPrefix(filepath.Ext(path), ".")
		if language != "go" && language != "lua" {
			return nil
		}
		file, err := os.ReadFile(path)
		code[language] = append(code[language], string(file))
		return err
	}); err != nil {
		t.Fatal(err)
	}

	blocks := regexp.MustCompile("(?ms)^```(\\w*)\n(.*?)^```$").FindAllStringSubmatch(string(text), -1)
	if len(blocks) == 0 {
		t.Fatal("no block of code was looked at")
	}
	for _, block := range blocks {
		language, shown := block[1], block[2]
		if !slices.ContainsFunc(code[language], func(file string) bool { return strings.Contains(file, shown) }) {
			t.Errorf("no file in %q has this:\n%s", language, shown)
		}
	}
}
