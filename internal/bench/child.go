package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
)

// child is a process that serves one role.
type child struct {
	addresses
	cmd  *exec.Cmd
	stop io.Closer
}

// start runs this program again in a role.
func start(r role) (*child, error) {
	config, err := json.Marshal(r)
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	c := &child{cmd: exec.Command(self, "serve", string(config))}
	c.cmd.Stderr = os.Stderr
	if c.stop, err = c.cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := c.cmd.Start(); err != nil {
		return nil, err
	}
	if err := json.NewDecoder(out).Decode(&c.addresses); err != nil {
		return nil, fmt.Errorf("%s on %s does not serve: %w", r.What, r.Dialect, err)
	}
	return c, nil
}

// end closes the child's input, and waits for its end.
func (c *child) end() error {
	if err := c.stop.Close(); err != nil {
		return err
	}
	return c.cmd.Wait()
}

func (c *child) usage() (u usage, err error) {
	return u, c.ask("GET", "/usage", nil, &u)
}

func (c *child) codes() (codes map[string]string, err error) {
	return codes, c.ask("GET", "/codes", nil, &codes)
}

func (c *child) accounts(all []imported) error {
	var n int
	return c.ask("POST", "/accounts", all, &n)
}

// ask calls the child's control.
func (c *child) ask(method, path string, body, told any) error {
	b, err := json.Marshal(body)
	if err != nil {
		return err
	}
	r, err := http.NewRequest(method, "http://"+c.Control+path, bytes.NewReader(b))
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		said, _ := io.ReadAll(answer.Body)
		return fmt.Errorf("%s %s: %s: %s", method, path, answer.Status, said)
	}
	return json.NewDecoder(answer.Body).Decode(told)
}
