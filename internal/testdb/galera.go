package testdb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

const (
	// Nodes is how many nodes a [Cluster] has.
	Nodes = 3

	galeraProvider = "/usr/lib/galera/libgalera_smm.so"
	galeraPackages = "mariadb-server galera-4 rsync iproute2"
	galeraDatabase = "ligature"
)

// Cluster is a MariaDB Galera cluster of three nodes, numbered from 0, whose processes
// can be killed and started again. All of it is for the test's own goroutine alone,
// but for DSN: what fails ends the test.
//
// The settings are those a production cluster has by default. So a read may be behind
// a write that another node has answered (wsrep_sync_wait is 0), two nodes that
// change one row at once make the later COMMIT fail with the error 1213, and after a
// node was killed the others answer no write for some 6 seconds, until they agree that
// it is gone.
type Cluster struct {
	t     testing.TB
	nodes [Nodes]*node
}

// node is one mariadbd. Its fields outlive the process.
type node struct {
	program, dir, config string
	admin                *sql.DB
	dsn                  string
	server               *server // nil while it is down
}

// Galera starts a cluster for this test alone, which has an empty database of the
// character set utf8mb4, and returns when all its nodes are synced; that takes some
// 10 seconds. It is stopped when the test ends. It needs more Debian packages than
// [MariaDB] does; the environment cannot name a running one.
func Galera(t testing.TB) *Cluster {
	t.Helper()
	c := &Cluster{t: t}
	must(t, c.prepare())
	t.Cleanup(c.remove)
	must(t, installMariaDB(c.nodes[0].dir))
	must(t, c.nodes[0].start("--wsrep-new-cluster"))
	c.WaitSynced(0)
	must(t, execute(c.nodes[0].admin, "CREATE DATABASE "+galeraDatabase+" CHARACTER SET utf8mb4"))
	for i := 1; i < Nodes; i++ {
		c.Start(i)
	}
	return c
}

// DSN returns the DSN, one of github.com/go-sql-driver/mysql without parameters, of
// the database at a node. It stays the same when the node is started again. [Addr]
// and [Through] take it, too.
func (c *Cluster) DSN(i int) string { return c.nodes[i].dsn }

// Kill ends a node with SIGKILL, and returns when it has ended. The other nodes take
// some seconds to notice. One node by itself, after two were killed, answers nothing:
// it has no quorum.
func (c *Cluster) Kill(i int) {
	c.t.Helper()
	n := c.nodes[i]
	if n.server == nil {
		c.t.Fatalf("testdb: node %d is down already", i)
	}
	n.server.stop()
	n.server = nil
}

// Start starts a node that was killed, at its old address, and returns when it and all
// other nodes that are up are synced. It takes the state anew from one of those, which
// can answer no write meanwhile; what the node itself had on disk is not used.
func (c *Cluster) Start(i int) {
	c.t.Helper()
	if c.nodes[i].server != nil {
		c.t.Fatalf("testdb: node %d is up already", i)
	}
	must(c.t, c.nodes[i].start())
	c.WaitSynced(i)
	for j, n := range c.nodes {
		if n.server != nil {
			c.WaitSynced(j) // the one that gave the state has to catch up
		}
	}
}

// WaitSynced returns when a node that is up belongs to a cluster with a quorum and has
// all that was written up to then. The test ends if that takes more than a minute.
func (c *Cluster) WaitSynced(i int) {
	c.t.Helper()
	n := c.nodes[i]
	if n.server == nil {
		c.t.Fatalf("testdb: node %d is down", i)
	}
	must(c.t, n.server.await(n.synced))
}

// prepare makes the directories and configurations of the nodes.
func (c *Cluster) prepare() error {
	program, err := find("mariadbd", galeraPackages)
	if err != nil {
		return err
	}
	for _, needed := range []string{"wsrep_sst_rsync", "rsync", "ss"} {
		if _, err := find(needed, galeraPackages); err != nil {
			return err
		}
	}
	if err := exists(galeraProvider, galeraPackages); err != nil {
		return err
	}
	var ports [Nodes]struct{ sql, group, ist, sst int }
	var group [Nodes]string
	for i := range ports {
		for _, port := range []*int{&ports[i].sql, &ports[i].group, &ports[i].ist, &ports[i].sst} {
			if *port, err = freePort(); err != nil {
				return err
			}
		}
		group[i] = hostPort(ports[i].group)
	}
	for i, p := range ports {
		n := &node{program: program}
		if n.dir, err = newDir(fmt.Sprintf("galera%d", i)); err != nil {
			return err
		}
		data := filepath.Join(n.dir, "data") // stays empty but for the first: the others take its state
		if err := errors.Join(os.Mkdir(data, 0o700), giveAway(data)); err != nil {
			return err
		}
		n.config, err = mariadbConfig(n.dir, p.sql,
			"innodb-flush-log-at-trx-commit=2", // safe from a kill -9, if not from a loss of power
			"innodb-autoinc-lock-mode=2", "binlog-format=ROW",
			"wsrep-on=ON", "wsrep-provider="+galeraProvider,
			fmt.Sprintf(`wsrep-provider-options="gmcast.listen_addr=tcp://%s;ist.recv_addr=%s;ist.recv_bind=%[2]s;gcache.size=32M"`,
				group[i], hostPort(p.ist)),
			"wsrep-cluster-name=ligature", "wsrep-cluster-address=gcomm://"+strings.Join(group[:], ","),
			"wsrep-node-address="+group[i],
			"wsrep-sst-method=rsync", "wsrep-sst-receive-address="+hostPort(p.sst))
		if err != nil {
			return err
		}
		root := mariadbRoot(p.sql)
		m, err := openMariaDB(root)
		if err != nil {
			return err
		}
		n.admin = m.admin
		root.DBName = galeraDatabase
		n.dsn = root.FormatDSN()
		c.nodes[i] = n
	}
	return nil
}

func (n *node) start(args ...string) (err error) {
	n.server, err = start(n.dir, syscall.SIGKILL, n.program, append([]string{"--defaults-file=" + n.config}, args...)...)
	return err
}

func (n *node) synced(ctx context.Context) error {
	var name, state string
	if err := n.admin.QueryRowContext(ctx, "SHOW GLOBAL STATUS LIKE 'wsrep_local_state_comment'").Scan(&name, &state); err != nil {
		return err
	}
	if state != "Synced" {
		return fmt.Errorf("the node is %s", state)
	}
	return nil
}

// remove stops the nodes and removes their data.
func (c *Cluster) remove() {
	for _, n := range c.nodes {
		_ = n.admin.Close()
		if n.server != nil {
			n.server.stop()
		}
		if err := os.RemoveAll(n.dir); err != nil {
			c.t.Error(err)
		}
	}
}
