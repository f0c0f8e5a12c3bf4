package minimum

import "strings"

// statements are every SQL text, made once.
type statements struct {
	asked, judged, sudoing, binding, signingIn         string // reads
	ask, settle, spend, grant, link, open, happen, owe string
	count                                              map[int]string // by how many

	bindAtOnce, sudoAtOnce, signInAtOnce string // each for a transaction
}

// A session with its account, for every request of somebody signed in.
const (
	sessionColumns = `s.account, s.access, s.access_expires, s.epoch, s.ended, s.expires, a.epoch, a.status`
	sessionRead    = ` FROM session s JOIN account a ON a.id = s.account`
)

func (d Dialect) statements(atOnce bool) statements {
	t := statements{
		asked: `SELECT ` + sessionColumns + `, COALESCE(i.account, '')` + sessionRead + `
			LEFT JOIN identifier i ON i.kind = ? AND i.value = ? WHERE s.id = ?`,
		judged: `SELECT c.version, c.purpose, c.asker, c.account, c.epoch, c.kind, c.target, c.state, c.guesses, c.mac, c.expires, COALESCE(a.epoch, 0), COALESCE(a.status, 1)
			FROM code c LEFT JOIN account a ON a.id = c.account WHERE c.id = ?`,
		sudoing: `SELECT ` + sessionColumns + `, c.version, c.purpose, c.account, c.session, c.epoch, c.state, c.token, c.token_expires, COALESCE(i.account, ''), c.kind` + sessionRead + `
			JOIN code c ON c.id = ? LEFT JOIN identifier i ON i.kind = c.kind AND i.value = c.target WHERE s.id = ?`,
		// It locks what the change rests on: nothing of it moves before the commit.
		binding: `SELECT ` + sessionColumns + `, c.version, c.purpose, c.account, c.session, c.epoch, c.state, c.token, c.token_expires, c.kind, c.target, c.typed, g.epoch, g.mac, g.expires` + sessionRead + `
			JOIN sudo g ON g.session = s.id JOIN code c ON c.id = ? WHERE s.id = ?`,
		signingIn: `SELECT c.version, c.purpose, c.asker, c.state, c.token, c.token_expires, a.id, a.epoch, a.status
			FROM code c JOIN identifier i ON i.kind = c.kind AND i.value = c.target JOIN account a ON a.id = i.account WHERE c.id = ?`,

		ask: `INSERT INTO code (id, version, purpose, asker, account, session, epoch, kind, target, typed, state, guesses, mac, expires, asked_at, paused_until, token, token_expires)
			VALUES (?, 1, ?, ?, ?, ?, ?, ?, ?, ?, 0, 0, ?, ?, ?, ?, ?, 0)`,
		settle: `UPDATE code SET version = version + 1, guesses = guesses + 1, state = ?, token = ?, token_expires = ? WHERE id = ? AND version = ?`,
		spend:  `UPDATE code SET version = version + 1, state = 2 WHERE id = ? AND version = ?`,
		grant:  `INSERT INTO sudo (session, account, epoch, factor, mac, expires) VALUES (?, ?, ?, ?, ?, ?)`,
		link:   `INSERT INTO identifier (kind, value, account, typed, created_at) VALUES (?, ?, ?, ?, ?)`,
		open: `INSERT INTO session (id, account, epoch, ended, access, access_expires, refresh, expires, device, user_agent, created_at)
			VALUES (?, ?, ?, 0, ?, ?, ?, ?, ?, ?, ?)`,
		happen: `INSERT INTO event (account, id, at, expires, kind, session, subject, ip, device, user_agent) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
	}
	number := "?"
	if d == PostgreSQL {
		number = "?::bigint" // which it takes for text in a SELECT
	}
	t.owe = `INSERT INTO notice (id, kind, target, account, tells, at, due, expires)
		SELECT ?, kind, value, account, 'added', ` + number + `, ` + number + `, ` + number + ` FROM identifier WHERE account = ? AND kind <> ?`
	if d == MariaDB {
		// Assignments are made in their order: what decides is set last.
		t.ask += ` ON DUPLICATE KEY UPDATE ` + onlyIf(`paused_until <= VALUES(asked_at)`,
			"version = version + 1", "session = VALUES(session)", "epoch = VALUES(epoch)", "typed = VALUES(typed)", "state = 0",
			"guesses = 0", "mac = VALUES(mac)", "expires = VALUES(expires)", "asked_at = VALUES(asked_at)", "paused_until = VALUES(paused_until)")
		t.grant += ` ON DUPLICATE KEY UPDATE epoch = VALUES(epoch), factor = VALUES(factor), mac = VALUES(mac), expires = VALUES(expires)`
		t.link = strings.Replace(t.link, "INSERT", "INSERT IGNORE", 1)
	} else {
		t.ask += ` ON CONFLICT (id) DO UPDATE SET version = code.version + 1, session = excluded.session, epoch = excluded.epoch, typed = excluded.typed,
			state = 0, guesses = 0, mac = excluded.mac, expires = excluded.expires,
			asked_at = excluded.asked_at, paused_until = excluded.paused_until
			WHERE code.paused_until <= excluded.asked_at`
		t.grant += ` ON CONFLICT (session) DO UPDATE SET epoch = excluded.epoch, factor = excluded.factor, mac = excluded.mac, expires = excluded.expires`
		t.link += ` ON CONFLICT DO NOTHING`
	}
	switch {
	case d != SQLite && !atOnce:
		t.binding += ` FOR UPDATE`
	case atOnce:
		spent := `spent AS (` + t.spend + ` RETURNING 1)`
		// It locks what was read, and the rest hangs on it being as it was.
		t.bindAtOnce = `WITH held AS (SELECT 1` + sessionRead + ` JOIN sudo g ON g.session = s.id
				WHERE s.id = ? AND s.ended = 0 AND s.epoch = a.epoch AND a.epoch = ? AND a.status = 1 AND g.mac = ? FOR UPDATE),
			` + strings.Replace(spent, " RETURNING", " AND EXISTS (SELECT 1 FROM held) RETURNING", 1) + `,
			linked AS (` + from("spent", t.link) + ` RETURNING 1), happened AS (` + from("linked", t.happen) + `),
			owed AS (` + t.owe + ` AND EXISTS (SELECT 1 FROM linked))
			SELECT EXISTS (SELECT 1 FROM spent), EXISTS (SELECT 1 FROM linked)`
		t.sudoAtOnce = `WITH ` + spent + `, made AS (` + from("spent", t.grant) + ` RETURNING 1) ` + from("made", t.happen)
		t.signInAtOnce = `WITH ` + spent + `, made AS (` + from("spent", t.open) + ` RETURNING 1) ` + from("made", t.happen)
	}
	t.count = map[int]string{}
	for _, n := range []int{1, 3, 4} {
		text := `INSERT INTO counter (id, n, expires) VALUES (?, ?, ?)` + strings.Repeat(`, (?, ?, ?)`, n-1)
		if d == MariaDB {
			text += ` ON DUPLICATE KEY UPDATE n = n + VALUES(n) RETURNING id, n`
		} else {
			text += ` ON CONFLICT (id) DO UPDATE SET n = counter.n + excluded.n RETURNING id, n`
		}
		t.count[n] = d.text(text)
	}
	for _, s := range []*string{&t.asked, &t.judged, &t.sudoing, &t.binding, &t.signingIn, &t.ask, &t.settle, &t.spend, &t.grant, &t.link, &t.open, &t.happen, &t.owe,
		&t.bindAtOnce, &t.sudoAtOnce, &t.signInAtOnce} {
		*s = d.text(*s)
	}
	return t
}

// from makes an insert hang on rows that something else wrote. PostgreSQL then takes
// a value for text, unless it is told.
func from(rows, insert string) string {
	into, rest, _ := strings.Cut(insert, "VALUES (")
	values, rest, _ := strings.Cut(rest, ")")
	_, columns, _ := strings.Cut(strings.TrimRight(into, ") \n\t"), "(")
	all := strings.Split(values, ", ")
	for i, column := range strings.Split(columns, ", ") {
		switch column {
		case "at", "created_at", "epoch", "expires", "access_expires":
			all[i] += "::bigint"
		case "access", "refresh", "mac":
			all[i] += "::bytea"
		}
	}
	return into + "SELECT " + strings.Join(all, ", ") + " FROM " + rows + rest
}

// onlyIf makes assignments that keep the old value unless the condition holds.
func onlyIf(condition string, assignments ...string) string {
	for i, a := range assignments {
		column, value, _ := strings.Cut(a, " = ")
		assignments[i] = column + " = IF(" + condition + ", " + value + ", " + column + ")"
	}
	return strings.Join(assignments, ", ")
}
