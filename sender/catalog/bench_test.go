package catalog_test

import (
	"testing"

	"github.com/ligature-auth/ligature/sender"
	"github.com/ligature-auth/ligature/sender/catalog"
)

// What a message costs to write, next to a service that is made.
func BenchmarkRender(b *testing.B) {
	c := newCatalog(b, catalog.Options{Domain: domain})
	for name, m := range map[string]sender.Message{
		"mail": message(sender.BindCode, sender.Email, "en-GB,en;q=0.9"),
		"sms":  message(sender.BindCode, sender.SMS, "zh-CN,zh;q=0.9,en;q=0.8"),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				render(b, c, m)
			}
		})
	}
}

func BenchmarkNew(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		newCatalog(b, catalog.Options{Domain: domain})
	}
}
