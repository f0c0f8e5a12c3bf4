package main

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/ligature-auth/ligature/association"
)

// keyFile is what -keys names. A real application has its keys from its secret
// store, where whoever reads the database cannot read them as well.
type keyFile struct {
	Ring  []byte `json:"ring"`
	Index []byte `json:"index"`
}

// loadKeys reads the keys, which are made at the first start. Without a name they
// are as good as records in memory, and forgotten as well.
func loadKeys(name string) (association.Keys, error) {
	fresh := keyFile{Ring: make([]byte, 32), Index: make([]byte, 32)}
	_, _ = rand.Read(fresh.Ring) // never fails
	_, _ = rand.Read(fresh.Index)
	if name == "" {
		return fresh.keys(), nil
	}
	text, err := json.Marshal(fresh)
	if err != nil {
		return association.Keys{}, err
	}
	switch f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600); {
	case err == nil:
		_, err = f.Write(text)
		return fresh.keys(), errors.Join(err, f.Close())
	case !errors.Is(err, fs.ErrExist):
		return association.Keys{}, err
	}
	var kept keyFile
	if text, err = os.ReadFile(name); err != nil {
		return association.Keys{}, err
	}
	if err := json.Unmarshal(text, &kept); err != nil {
		return association.Keys{}, fmt.Errorf("%s: not keys", name)
	}
	return kept.keys(), nil
}

func (k keyFile) keys() association.Keys {
	return association.Keys{
		Active: "demo",
		Ring:   map[string]association.Key{"demo": association.NewKey(k.Ring)},
		Index:  association.NewKey(k.Index),
	}
}
