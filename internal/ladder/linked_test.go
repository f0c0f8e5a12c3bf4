package ladder_test

import (
	"os/exec"
	"strings"
	"testing"
)

// vendors are the senders of vendors and what each of them links.
var vendors = map[string]string{
	"sender/failover": "github.com/sony/gobreaker/",
	"sender/smtp":     "github.com/wneessen/go-mail",
	"sender/tencent":  "github.com/tencentcloud/",
	"sender/twilio":   "github.com/twilio/",
	"sender/webhook":  "github.com/standard-webhooks/",
}

// TestAnApplicationLinksTheVendorsThatItImports and no others: neither an application
// that has adopted ligature nor any package of it links what it does not import.
func TestAnApplicationLinksTheVendorsThatItImports(t *testing.T) {
	deps := func(pkg string) string {
		out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", module+"/"+pkg).Output()
		if err != nil {
			t.Fatalf("go list -deps %s: %v", pkg, err)
		}
		return "\n" + string(out)
	}
	applications := []string{
		"internal/adopting/after", "example", "association", "association/email", "association/phone", "association/username",
		"httpadapter", "sender", "sender/catalog", "sender/mailbox", "sender/sendertest", "store", "store/bunstore", "store/memstore",
	}
	for vendor := range vendors {
		applications = append(applications, vendor)
	}
	for _, pkg := range applications {
		linked := deps(pkg)
		for vendor, library := range vendors {
			if got, want := strings.Contains(linked, "\n"+library), vendor == pkg; got != want {
				t.Errorf("%s links %s: %t, want %t", pkg, library, got, want)
			}
			if vendor != pkg && strings.Contains(linked, "\n"+module+"/"+vendor+"\n") {
				t.Errorf("%s links %s", pkg, vendor)
			}
		}
	}
}
