//go:build cluster

package cluster_test

import (
	"context"
	"database/sql"
	"testing"
	"time"

	"github.com/ligature-auth/ligature/internal/testdb"
)

func dump(t *testing.T, db *sql.DB) {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	for _, q := range []string{"SELECT ID, USER, COMMAND, TIME, STATE, LEFT(INFO, 90) FROM information_schema.PROCESSLIST WHERE COMMAND<>'Sleep'"} {
		rows, err := db.QueryContext(ctx, q)
		if err != nil {
			t.Log(err)
			return
		}
		cols, _ := rows.Columns()
		for rows.Next() {
			v := make([]sql.NullString, len(cols))
			p := make([]any, len(cols))
			for i := range v {
				p[i] = &v[i]
			}
			rows.Scan(p...)
			s := ""
			for _, x := range v {
				s += x.String + " | "
			}
			t.Log(s)
		}
		rows.Close()
	}
}

func TestScratch(t *testing.T) {
	c := testdb.Galera(t)
	w := open(t, c, plain)
	ex := func(i int, q string) error {
		_, err := w.at(i).db.Exec(q)
		if err != nil {
			t.Log(i, q, err)
		}
		return err
	}
	race := func(name string, times int, f func(i, k int)) {
		start := time.Now()
		done := make(chan bool)
		go func() {
			defer close(done)
			for k := range times {
				together(3, func(i int) error { f(i, k); return nil })
			}
		}()
		select {
		case <-done:
			t.Log(name, "ok", time.Since(start))
		case <-time.After(30 * time.Second):
			for i := range 3 {
				t.Log(name, "STUCK node", i)
				dump(t, w.at(i).db)
			}
			panic("stuck")
		}
	}
	ex(0, "CREATE TABLE a (id int primary key)")
	time.Sleep(time.Second)
	race("create table if not exists", 30, func(i, k int) {
		ex(i, "CREATE TABLE IF NOT EXISTS b (id int primary key)")
		ex(i, "DROP TABLE IF EXISTS b")
	})
	race("create if not exists, others select+insert", 30, func(i, k int) {
		ex(i, "CREATE TABLE IF NOT EXISTS a (id int primary key)")
		ex(i, "INSERT IGNORE INTO a VALUES (1)")
	})
	race("view, one node, others create table if not exists of its table", 30, func(i, k int) {
		if i == 0 {
			ex(i, "CREATE OR REPLACE VIEW v AS SELECT id FROM a")
		} else {
			ex(i, "CREATE TABLE IF NOT EXISTS a (id int primary key)")
		}
	})
	race("view", 30, func(i, k int) {
		ex(i, "CREATE OR REPLACE VIEW v AS SELECT id FROM a")
	})
}
