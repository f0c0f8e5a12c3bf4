package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/ligature-auth/ligature/sender"
	"github.com/ligature-auth/ligature/sender/catalog"
)

// picture is how large the picture of a mail's page is.
const picture = "560,420"

// writeMessages writes every message in every language to files below dir, as package
// catalog has them, one folder a language: what a mail says (.txt), its page (.html) with
// a picture of it (.png) if browser is not empty, and what a text message says (.sms).
func writeMessages(ctx context.Context, dir, browser string) error {
	c, err := catalog.New(catalog.Options{Service: "Acme", Domain: "acme.example"})
	if err != nil {
		return err
	}
	for _, template := range sender.Templates() {
		for _, channel := range []sender.Channel{sender.Email, sender.SMS} {
			for _, language := range c.Languages(template, channel) {
				m, err := c.Render(sampleMessage(template, channel, language))
				if err != nil {
					return err
				}
				if err := writeMessage(ctx, filepath.Join(dir, language, string(template)), m, browser); err != nil {
					return err
				}
			}
		}
	}
	return nil
}

// sampleMessage is a message as the demo account might get it.
func sampleMessage(template sender.Template, channel sender.Channel, language string) sender.Message {
	m := sender.Message{
		Channel: channel, Template: template, Purpose: template.Purpose(), Locale: language, Account: "d***",
		At: time.Date(2026, 11, 28, 17, 5, 0, 0, time.UTC),
	}
	if m.Purpose != sender.Notice {
		m.Code, m.Lifetime = sender.NewCode("735081"), 10*time.Minute
	}
	return m
}

// writeMessage writes the files of one message, which are called name and more.
func writeMessage(ctx context.Context, name string, m sender.Message, browser string) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	if m.Channel == sender.SMS {
		return os.WriteFile(name+".sms", []byte(m.Text+"\n"), 0o644)
	}
	text := "Subject: " + m.Subject + "\n\n" + m.Text + "\n"
	err := errors.Join(os.WriteFile(name+".txt", []byte(text), 0o644), os.WriteFile(name+".html", []byte(m.HTML), 0o644))
	if err != nil || browser == "" {
		return err
	}
	return takePicture(ctx, browser, name+".html", name+".png")
}

// takePicture has a browser of Chromium's family show a page, and keeps what it shows.
func takePicture(ctx context.Context, browser, page, png string) error {
	page, err := filepath.Abs(page)
	if err != nil {
		return err
	}
	args := []string{"--headless", "--disable-gpu", "--hide-scrollbars", "--window-size=" + picture, "--screenshot=" + png, "file://" + page}
	if os.Geteuid() == 0 {
		args = append([]string{"--no-sandbox"}, args...) // it has none for root
	}
	out, err := exec.CommandContext(ctx, browser, args...).CombinedOutput()
	if err == nil {
		_, err = os.Stat(png)
	}
	if err != nil {
		return fmt.Errorf("%s: %w: %s", browser, err, strings.TrimSpace(string(out)))
	}
	return nil
}
