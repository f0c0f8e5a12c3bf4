package main

import (
	"bytes"
	"flag"
	"image/png"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ligature-auth/ligature/sender"
)

var update = flag.Bool("update", false, "write docs/messages.md anew")

// TestTheMessagesInTheDocs: what docs/messages.md shows is what is sent. To write it
// anew: go test ./example -run TestTheMessagesInTheDocs -update
func TestTheMessagesInTheDocs(t *testing.T) {
	dir := t.TempDir()
	if err := writeMessages(t.Context(), dir, ""); err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for _, template := range sender.Templates() {
		b.WriteString("\n### " + string(template) + "\n")
		languages, err := filepath.Glob(filepath.Join(dir, "*", string(template)+".txt"))
		if err != nil || len(languages) < 2 {
			t.Fatal(languages, err)
		}
		for _, name := range languages {
			mail, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			sms, err := os.ReadFile(strings.TrimSuffix(name, "txt") + "sms")
			if err != nil {
				t.Fatal(err)
			}
			page, err := os.ReadFile(strings.TrimSuffix(name, "txt") + "html")
			if err != nil || !bytes.HasPrefix(page, []byte("<!doctype html>")) {
				t.Errorf("%s has no page: %v", name, err)
			}
			b.WriteString("\n`" + filepath.Base(filepath.Dir(name)) + "`\n\n```\n" + string(mail) + "```\n\n```\n" + string(sms) + "```\n")
		}
	}

	const doc, mark = "../docs/messages.md", "<!-- What follows is written by a test. -->\n"
	text, err := os.ReadFile(doc)
	if err != nil {
		t.Fatal(err)
	}
	before, shown, ok := strings.Cut(string(text), mark)
	if !ok {
		t.Fatalf("%s lacks its mark", doc)
	}
	if *update {
		if err := os.WriteFile(doc, []byte(before+mark+b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if shown != b.String() {
		t.Errorf("%s does not show what is sent: write it anew", doc)
	}
}

// A real browser shows a page, the code in it.
func TestAPictureIsTaken(t *testing.T) {
	browser, err := exec.LookPath("chromium")
	if err != nil {
		const why = "no chromium here; make setup installs it on Debian"
		if os.Getenv("CI") != "" {
			t.Fatal(why)
		}
		t.Skip(why)
	}
	dir := t.TempDir()
	page, picture := filepath.Join(dir, "page.html"), filepath.Join(dir, "page.png")
	colours := map[string]int{}
	for _, body := range []string{"#ffffff", "#ff0000"} {
		if err := os.WriteFile(page, []byte(`<body style="background:`+body+`">`), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := takePicture(t.Context(), browser, page, picture); err != nil {
			t.Fatal(err)
		}
		f, err := os.Open(picture)
		if err != nil {
			t.Fatal(err)
		}
		image, err := png.Decode(f)
		f.Close()
		if err != nil {
			t.Fatal(err)
		}
		r, g, b, _ := image.At(image.Bounds().Dx()/2, image.Bounds().Dy()/2).RGBA()
		if r>>8 != 255 || g != b {
			t.Errorf("%s is shown as %d %d %d", body, r>>8, g>>8, b>>8)
		}
		colours[body] = int(g >> 8)
	}
	if colours["#ffffff"] != 255 || colours["#ff0000"] != 0 {
		t.Errorf("the page is not what is shown: %v", colours)
	}
	if err := takePicture(t.Context(), "false", page, picture); err == nil {
		t.Error("a browser that fails is no error")
	}
}
