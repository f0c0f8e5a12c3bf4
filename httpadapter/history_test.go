package httpadapter_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// history asks for a page of it and returns what its items tell of.
func (c *client) history(query string) (actions []string, next string, r reply) {
	c.w.t.Helper()
	r = c.ok(c.do("GET", "/v1/user/security/history"+query, nil))
	for _, v := range r.body["data"].([]any) {
		actions = append(actions, v.(m)["action"].(string))
	}
	next, _ = r.body["next_page_token"].(string)
	return actions, next, r
}

// TestHistory: newest first, with the queries that the client writes.
func TestHistory(t *testing.T) {
	for _, mode := range modes {
		t.Run(mode, func(t *testing.T) {
			w := newWorld(t)
			w.account("ada")
			w.account("eve")
			w.clock.Advance(time.Second)
			c := w.enter(mode, mounts[mode].handler(w), "ada", "one")
			c.header.Set("X-Device-Id", "a-phone-of-hers")
			c.header.Set("User-Agent", "Phone/1.0")
			w.signedIn(w.bearer(), "eve")
			var signIns []string
			if mounts[mode].signsIn {
				signIns = []string{"sign_in"}
			}
			w.clock.Advance(time.Second)
			c.sudo()
			w.clock.Advance(time.Second)
			w.signedIn(w.bearer(), "ada")
			all := slices.Concat([]string{"sign_in", "sudo"}, signIns, []string{"import"})
			for query, want := range map[string][]string{
				"":           all,
				"?limit=2":   all[:2],
				"?limit=0":   all,
				"?limit=100": all,
				"?limit=undefined&query[action]=USER_LOGIN":                            slices.Concat([]string{"sign_in"}, signIns),
				"?query[action]=USER_LOGIN&limit=10":                                   slices.Concat([]string{"sign_in"}, signIns),
				"?query%5Baction%5D=USER_LOGIN&limit=1":                                {"sign_in"},
				"?ne_query[action]=USER_LOGIN&limit=5":                                 {"sudo", "import"},
				"?undefined&limit=undefined":                                           all,
				"?query[action]=SOMETHING_ELSE":                                        all,
				"?query[action]=USER_LOGIN&ne_query[action]=USER_LOGIN&limit=5":        nil,
				"?ne_query[action]=USER_LOGIN&limit=5&account=eve&sub=eve&user_id=eve": {"sudo", "import"},
			} {
				if got, _, _ := c.history(query); !slices.Equal(got, want) {
					t.Errorf("%s: %v, want %v", query, got, want)
				}
			}
			_, _, r := c.history("?ne_query[action]=USER_LOGIN&limit=1")
			item := r.body["data"].([]any)[0].(m)
			want := m{"action": "sudo", "ip": "192.0.2.1", "user_agent": "Phone/1.0", "device_id": "a-phone-of-hers", "created_at": "2026-11-22T12:00:02Z"}
			for field, v := range want {
				if item[field] != v {
					t.Errorf("%s is %v, want %v", field, item[field], v)
				}
			}
			if meta := item["meta"].(m); meta["from"] != "password" || len(item) != len(want)+2 {
				t.Errorf("an item is %v", item)
			}
		})
	}
}

// TestHistoryPages: every line once, however they are asked for. The client puts the
// token of a page into its URL as it is.
func TestHistoryPages(t *testing.T) {
	w := newWorld(t)
	w.account("ada")
	c := w.signedIn(w.bearer(), "ada")
	for i := range 7 {
		w.clock.Advance(time.Second)
		c.ok(c.do("PATCH", "/v1/user/profile", m{"name": fmt.Sprint("Ada ", i)}))
	}
	plain := regexp.MustCompile(`^[0-9A-Za-z_-]+$`)
	for limit := 1; limit <= 10; limit++ {
		seen := map[string]bool{}
		token, pages := "", 0
		for {
			_, next, r := c.history(fmt.Sprintf("?limit=%d&page_token=%s", limit, token))
			for _, v := range r.body["data"].([]any) {
				id := v.(m)["id"].(string)
				if seen[id] {
					t.Errorf("%d at a time: %s stands twice", limit, id)
				}
				seen[id] = true
			}
			if pages++; next == "" || pages > 10 {
				break
			}
			if !plain.MatchString(next) {
				t.Errorf("%q cannot stand in a URL as it is", next)
			}
			token = next
		}
		if len(seen) != 9 {
			t.Errorf("%d at a time: %d lines, want 9", limit, len(seen))
		}
	}
	for _, query := range []string{"?limit=-1", "?limit=101", "?limit=1000000", "?page_token=" + strings.Repeat("x", 200)} {
		badArgument.of(c.do("GET", "/v1/user/security/history"+query, nil))
	}
}
