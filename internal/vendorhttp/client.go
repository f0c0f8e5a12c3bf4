package vendorhttp

import (
	"errors"
	"net"
	"net/http"
	"net/url"
	"time"
)

// Client returns the client to ask with: a copy of the host's, or one with timeouts
// where the host gave none. It follows no redirect, because a redirected request would
// take the message and the credentials to where nobody configured it, and keeps no
// cookies.
func Client(given *http.Client) *http.Client {
	if given == nil {
		transport := &http.Transport{
			Proxy:                 http.ProxyFromEnvironment,
			DialContext:           (&net.Dialer{Timeout: 5 * time.Second}).DialContext,
			TLSHandshakeTimeout:   5 * time.Second,
			ForceAttemptHTTP2:     true,
			MaxIdleConnsPerHost:   16,
			IdleConnTimeout:       30 * time.Second,
			ExpectContinueTimeout: time.Second,
		}
		given = &http.Client{Transport: transport, Timeout: 20 * time.Second}
	}
	c := *given
	c.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	c.Jar = nil
	return &c
}

// Base reads the URL of a vendor's server: https and a host, or http where that is
// this machine itself. There is nothing in it but these two.
func Base(base string) (*url.URL, error) {
	u, err := url.Parse(base)
	if err != nil {
		return nil, errors.New("is no URL") // err repeats it, and it may hold a password
	}
	if u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || u.Opaque != "" || u.Path != "" && u.Path != "/" {
		return nil, errors.New("has more than a scheme and a host")
	}
	if err := Secure(u); err != nil {
		return nil, err
	}
	u.Path = ""
	return u, nil
}

// Secure says what makes a URL unfit to send a code to: anything but https, unless it
// stays on this machine.
func Secure(u *url.URL) error {
	switch {
	case u.Hostname() == "":
		return errors.New("names no host")
	case u.Scheme == "https":
		return nil
	case u.Scheme == "http" && Loopback(u):
		return nil
	}
	return errors.New("is not https")
}

// Loopback reports whether the host of u is this machine by its name or number.
func Loopback(u *url.URL) bool {
	host := u.Hostname()
	return host == "localhost" || net.ParseIP(host).IsLoopback()
}
