package testdb

import (
	"fmt"
	"os"
	"os/user"
	"strconv"
	"sync"
	"syscall"
)

// unprivileged returns whom root runs the servers as: PostgreSQL refuses to run as
// root. It is nil for anybody else.
var unprivileged = sync.OnceValues(func() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	nobody, err := user.Lookup("nobody")
	if err != nil {
		return nil, fmt.Errorf("testdb: %w", err)
	}
	uid, err := strconv.ParseUint(nobody.Uid, 10, 32)
	if err != nil {
		return nil, fmt.Errorf("testdb: %w", err)
	}
	gid, err := strconv.ParseUint(nobody.Gid, 10, 32)
	if err != nil {
		return nil, fmt.Errorf("testdb: %w", err)
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
})

// apart lets a child live on when this process is interrupted at its terminal.
func apart() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setsid: true} }

// tied ends a child, by the signal, with this process, and by nothing before.
func tied(quit syscall.Signal) (*syscall.SysProcAttr, error) {
	credential, err := unprivileged()
	if err != nil {
		return nil, err
	}
	return &syscall.SysProcAttr{Setsid: true, Pdeathsig: quit, Credential: credential}, nil
}

// giveAway makes the servers' user the owner of the directory.
func giveAway(dir string) error {
	c, err := unprivileged()
	if c == nil || err != nil {
		return err
	}
	return os.Chown(dir, int(c.Uid), int(c.Gid))
}
