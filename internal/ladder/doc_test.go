package ladder_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// TestDocs: every exported name says what it promises, also where only this module
// sees it. A comment above a group of constants or variables is each one's.
func TestDocs(t *testing.T) {
	names := 0
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "node_modules" || d.Name() == ".git") {
			return fs.SkipDir
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		files := token.NewFileSet()
		f, err := parser.ParseFile(files, path, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		look := func(name *ast.Ident, docs ...*ast.CommentGroup) {
			if !name.IsExported() {
				return
			}
			names++
			for _, doc := range docs {
				if strings.TrimSpace(doc.Text()) != "" {
					return
				}
			}
			t.Errorf("%v: %s has no doc comment", files.Position(name.Pos()), name.Name)
		}
		for _, decl := range f.Decls {
			switch decl := decl.(type) {
			case *ast.FuncDecl:
				look(decl.Name, decl.Doc)
			case *ast.GenDecl:
				for _, spec := range decl.Specs {
					switch spec := spec.(type) {
					case *ast.TypeSpec:
						look(spec.Name, spec.Doc, decl.Doc)
					case *ast.ValueSpec:
						for _, name := range spec.Names {
							look(name, spec.Doc, spec.Comment, decl.Doc)
						}
					}
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if names == 0 {
		t.Fatal("no name was looked at")
	}
}
