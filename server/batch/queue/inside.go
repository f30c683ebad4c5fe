package queue

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

const (
	maxPayload = 64 << 20 // bytes of a message, the most that NATS takes
	startTime  = 30 * time.Second
	syncTime   = time.Second // what the machine's end may lose is computed again
)

// start starts the server inside the process.
func (q *Queue) start() error {
	if q.o.Dir == "" {
		return errors.New("a server inside the process needs a folder")
	}
	if err := os.MkdirAll(q.o.Dir, 0o700); err != nil {
		return err
	}
	unlock, err := lock(filepath.Join(q.o.Dir, "lock"))
	if err != nil {
		return fmt.Errorf("%s: another process uses it: %w", q.o.Dir, err)
	}
	q.unlock = unlock
	o := &server.Options{ServerName: "chord", JetStream: true, StoreDir: q.o.Dir, DontListen: true, NoSigs: true, NoLog: true,
		MaxPayload: maxPayload, SyncInterval: syncTime, JetStreamMaxStore: 1 << 50, JetStreamMaxMemory: 1 << 20}
	if q.o.Listen != "" {
		host, port, err := net.SplitHostPort(q.o.Listen)
		if err != nil {
			return err
		}
		o.Host, o.DontListen = host, false
		if o.Port, err = strconv.Atoi(port); err != nil {
			return err
		}
		if o.Port == 0 {
			o.Port = server.RANDOM_PORT
		}
	}
	if q.server, err = server.NewServer(o); err != nil {
		return err
	}
	q.server.Start()
	if !q.server.ReadyForConnections(startTime) {
		return fmt.Errorf("the NATS server does not start, or cannot listen at %q", q.o.Listen)
	}
	return nil
}

// Remove removes the folder of a server inside the process that was closed, unless
// it has jobs, or another process uses it.
func Remove(dir string) error {
	name := filepath.Join(dir, "lock")
	if _, err := os.Stat(name); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	unlock, err := lock(name)
	if err != nil {
		return nil
	}
	err = os.RemoveAll(filepath.Join(dir, "jetstream"))
	if err == nil {
		os.Remove(name)
	}
	unlock()
	if err == nil {
		os.Remove(dir) // unless the user has put something into it
	}
	return err
}
