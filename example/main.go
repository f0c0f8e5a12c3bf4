// Command example runs ligature with nothing else installed: a server on
// loopback with a demo account, whose messages stay on this machine. It is a tour
// and a test bed, not a template for production: see
// the README and docs/security.md for that.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

func main() {
	log.SetFlags(0)
	var o options
	addr := flag.String("addr", "127.0.0.1:8080", "address to listen on")
	flag.StringVar(&o.db, "db", "ligature-example.db", `where records are kept: a file, which SQLite makes; postgres://user@host/name;
mysql:user:password@tcp(host)/name; or "memory", which forgets everything at the end`)
	flag.StringVar(&o.keys, "keys", "ligature-example.keys", "file of the keys that go with the records, made at the first start")
	flag.DurationVar(&o.accessTTL, "access-ttl", 0, "how long an access token lives, from 31s; 0 is the default of 2h")
	flag.BoolVar(&o.noQuotas, "unsafe-no-quotas", false, "switch every budget off, for load tests")
	origins := flag.String("origins", "", "origins whose pages may call /auth, separated by commas")
	messages := flag.String("messages", "", "write every message in every language to files in this folder, and stop")
	browser := flag.String("pictures", "", `with -messages, a browser that takes pictures of the pages: "chromium"`)
	flag.Parse()
	if o.db == "memory" {
		o.keys = ""
	}
	if *origins != "" {
		o.origins = strings.Split(*origins, ",")
	}

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var err error
	if *messages != "" {
		err = writeMessages(ctx, *messages, *browser)
	} else {
		err = run(ctx, *addr, o)
	}
	if err != nil {
		log.Fatal("example: ", err)
	}
}

// run serves until ctx ends.
func run(ctx context.Context, addr string, o options) (err error) {
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	o.base = "http://" + listener.Addr().String()
	a, err := newApp(ctx, o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.close()) }()
	if o.noQuotas {
		log.Print("WARNING: -unsafe-no-quotas: nothing limits messages and guesses over many codes. For load tests alone.")
	}
	log.Printf("ligature example on %s (demo account: username %q, password %q)", o.base, demoUsername, demoPassword)

	server := &http.Server{Handler: a.handler, ReadHeaderTimeout: 10 * time.Second, ReadTimeout: 30 * time.Second}
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(listener) }()
	sweep, notices := time.NewTicker(time.Minute), time.NewTicker(2*time.Second)
	defer sweep.Stop()
	defer notices.Stop()
	for {
		select {
		case <-sweep.C:
			untilDone(ctx, a.svc.DeleteExpired)
		case <-notices.C:
			untilDone(ctx, a.svc.Deliver)
		case err := <-ended:
			return err
		case <-ctx.Done():
			graceful, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
			defer cancel()
			if err := server.Shutdown(graceful); err != nil {
				return fmt.Errorf("shutdown: %w", err)
			}
			if err := <-ended; !errors.Is(err, http.ErrServerClosed) {
				return err
			}
			return nil
		}
	}
}

// untilDone calls DeleteExpired or Deliver, a batch at a time, until nothing is left.
func untilDone(ctx context.Context, call func(ctx context.Context, limit int) (int, error)) {
	const batch = 1000
	for {
		n, err := call(ctx, batch)
		if err != nil {
			log.Print(err)
		}
		if n < batch {
			return
		}
	}
}
