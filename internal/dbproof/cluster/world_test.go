//go:build cluster

package cluster_test

import (
	"database/sql"
	"log/slog"
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"

	"github.com/ligature-auth/ligature/association"
	"github.com/ligature-auth/ligature/internal/dbproof"
	"github.com/ligature-auth/ligature/internal/testdb"
	"github.com/ligature-auth/ligature/store/bunstore"
)

// instance is one of the programs of a host, at a node of its own.
type instance struct {
	*dbproof.Rig
	db      *sql.DB
	records *bunstore.Store
}

// world is a cluster with an instance at each node.
type world struct {
	*testdb.Cluster
	instances [testdb.Nodes]*instance
	causes    *causes
}

// plain is how the nodes read by default: what they have applied so far.
// waiting is what docs/databases.md advises: a read waits for all that was committed
// before it.
const (
	plain   = "0"
	waiting = "1"
)

// open returns an instance at each node, whose connections have this wsrep_sync_wait.
func open(t *testing.T, c *testdb.Cluster, wait string) *world {
	t.Helper()
	w := &world{Cluster: c, causes: &causes{of: map[string]int{}}}
	for i := range w.instances {
		cfg := dbproof.Must(mysql.ParseDSN(c.DSN(i)))(t)
		cfg.Logger = &mysql.NopLogger{} // it would tell of each cut connection
		cfg.Params = map[string]string{"wsrep_sync_wait": wait}
		n := &instance{db: sql.OpenDB(dbproof.Must(mysql.NewConnector(cfg))(t))}
		n.db.SetMaxOpenConns(callers)
		n.db.SetMaxIdleConns(callers)
		t.Cleanup(func() { _ = n.db.Close() })
		n.records = dbproof.Must(bunstore.Open(n.db, bunstore.MySQL, bunstore.Config{}))(t)
		n.Rig = dbproof.Must(dbproof.NewRig(n.records, func(c *association.Config) { c.Logger = slog.New(w.causes) }))(t)
		w.instances[i] = n
	}
	return w
}

// at returns the instance that a number falls to.
func (w *world) at(i int) *instance { return w.instances[i%testdb.Nodes] }

var tables = []string{"account", "association", "proof", "counter", "event", "notice", "migration"}

// agree fails unless all nodes have the same rows.
func (w *world) agree(t *testing.T) {
	t.Helper()
	for _, table := range tables {
		var sums []string
		for _, n := range w.instances {
			var rows, name, sum string
			// The read before waits until the node has applied everything.
			if err := n.db.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM association_"+table).Scan(&rows); err != nil {
				t.Fatal(err)
			}
			if err := n.db.QueryRowContext(t.Context(), "CHECKSUM TABLE association_"+table).Scan(&name, &sum); err != nil {
				t.Fatal(err)
			}
			sums = append(sums, rows+" rows with the sum "+sum)
		}
		if sums[0] != sums[1] || sums[0] != sums[2] {
			t.Errorf("the nodes disagree on association_%s: %s", table, strings.Join(sums, "; "))
		}
	}
}

// status adds up a number of the nodes' status.
func (w *world) status(t *testing.T, name string) (sum int) {
	t.Helper()
	for _, n := range w.instances {
		var value int
		if err := n.db.QueryRowContext(t.Context(), "SHOW GLOBAL STATUS LIKE '"+name+"'").Scan(&name, &value); err != nil {
			t.Fatal(err)
		}
		sum += value
	}
	return sum
}
