//go:build !linux

package testdb

import (
	"errors"
	"syscall"
)

// errNotLinux: nowhere else can a child be tied to the life of its parent.
var errNotLinux = errors.New("testdb: servers are started on Linux alone; name running ones in the environment")

func apart() *syscall.SysProcAttr { return nil }

func tied(syscall.Signal) (*syscall.SysProcAttr, error) { return nil, errNotLinux }

func giveAway(string) error { return errNotLinux }
