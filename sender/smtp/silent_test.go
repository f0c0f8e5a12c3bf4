package smtp_test

import (
	"errors"
	"io"
	"log"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ligature-auth/ligature/sender"
)

func asError(err error) (e *sender.Error, ok bool) { return e, errors.As(err, &e) }

// checkSilent fails if out shows a part of a message, or the password.
func checkSilent(t *testing.T, name, out string, m sender.Message) {
	t.Helper()
	local, domain, _ := strings.Cut(m.To, "@")
	for _, secret := range []string{m.Code.Reveal(), m.To, local, domain, m.Subject, m.Text, m.HTML, password} {
		if secret != "" && strings.Contains(out, secret) {
			t.Errorf("%s: shows %q: %s", name, secret, out)
		}
	}
}

// capture is what is logged and printed until the returned func is called.
func capture(t *testing.T) (output func() string) {
	t.Helper()
	file, err := os.Create(filepath.Join(t.TempDir(), "output"))
	if err != nil {
		t.Fatal(err)
	}
	logger, writer, flags, stdout, stderr := slog.Default(), log.Writer(), log.Flags(), os.Stdout, os.Stderr
	slog.SetDefault(slog.New(slog.NewTextHandler(file, &slog.HandlerOptions{Level: slog.Level(math.MinInt)})))
	log.SetOutput(file)
	os.Stdout, os.Stderr = file, file
	restore := func() {
		os.Stdout, os.Stderr = stdout, stderr
		slog.SetDefault(logger)
		log.SetOutput(writer)
		log.SetFlags(flags)
	}
	t.Cleanup(restore)
	return func() string {
		restore()
		_, _ = file.Seek(0, io.SeekStart)
		printed, err := io.ReadAll(file)
		if err != nil {
			t.Fatal(err)
		}
		_ = file.Close()
		return string(printed)
	}
}
