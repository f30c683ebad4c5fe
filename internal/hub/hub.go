// Package hub finds models at Hugging Face, or at what speaks its language, and keeps
// them in the cache of Python's huggingface_hub, so that neither fetches what the
// other has.
//
// A [Ref] is the name of a model, [Client.Find] asks which files that is and how large
// they are, [Client.FS] reads their headers over HTTP, and [Client.Pull] fetches them:
// verified, resumable, and never under their name before they are whole. A [Cache]
// lists, finds and removes what is there.
package hub

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// DefaultEndpoint is where models are looked for unless HF_ENDPOINT says otherwise.
const DefaultEndpoint = "https://huggingface.co"

var (
	// ErrNotFound is wrapped by errors about a model, or a file of it, that is not
	// there, or that only a token may see.
	ErrNotFound = errors.New("not found")
	// ErrOffline is wrapped by errors of a client that may not use the network.
	ErrOffline = errors.New("offline")
	// ErrPrivate is wrapped by errors about an address that [Client.Public] forbids.
	ErrPrivate = errors.New("a private address")
	// ErrHash is wrapped by errors about a file that is not what was announced.
	ErrHash = errors.New("wrong hash")
)

// A Client fetches models. Its fields may not change while it is used; any number of
// goroutines and processes may use one cache.
type Client struct {
	Endpoint string // scheme and host, and a path if need be; "" is DefaultEndpoint
	Token    string // sent to the endpoint's host only; "" is none
	Cache    Cache
	Offline  bool // never use the network
	Public   bool // refuse private addresses, also after redirects: for servers

	Parallel int           // ranges that are fetched at once; 0 is 4
	Chunk    int64         // bytes of a range; 0 is 8 MiB
	Tries    int           // tries in a row without a byte; 0 is 6
	Wait     time.Duration // before the second try, twice as long before each next; 0 is 500 ms
	Stall    time.Duration // a connection without a byte for so long is given up; 0 is 60 s

	making sync.Once
	client *http.Client
}

// FromEnvironment returns the client that the variables of huggingface_hub describe:
// HF_ENDPOINT; HF_TOKEN, the file HF_TOKEN_PATH or HF_HOME/token; HF_HUB_OFFLINE; and
// the cache's folder, see [DefaultCache].
func FromEnvironment() (*Client, error) {
	cache, err := DefaultCache()
	if err != nil {
		return nil, err
	}
	c := &Client{Endpoint: os.Getenv("HF_ENDPOINT"), Cache: cache, Offline: truth(os.Getenv("HF_HUB_OFFLINE"))}
	if c.Token = strings.TrimSpace(os.Getenv("HF_TOKEN")); c.Token != "" {
		return c, nil
	}
	name := os.Getenv("HF_TOKEN_PATH")
	if name == "" {
		home, err := hubHome()
		if err != nil {
			return nil, err
		}
		name = filepath.Join(home, "token")
	}
	if b, err := os.ReadFile(name); err == nil {
		c.Token = strings.TrimSpace(string(b))
	}
	return c, nil
}

// truth reports whether the value of a variable is true, as huggingface_hub reads it.
func truth(s string) bool {
	switch strings.ToUpper(s) {
	case "1", "ON", "YES", "TRUE":
		return true
	}
	return false
}

// hubHome returns the folder of huggingface_hub.
func hubHome() (string, error) {
	if dir := os.Getenv("HF_HOME"); dir != "" {
		return expand(dir)
	}
	if dir := os.Getenv("XDG_CACHE_HOME"); dir != "" {
		return expand(filepath.Join(dir, "huggingface"))
	}
	return expand(filepath.Join("~", ".cache", "huggingface"))
}

// expand replaces a first ~ by the user's folder.
func expand(name string) (string, error) {
	rest, ok := strings.CutPrefix(name, "~")
	if !ok || rest != "" && !os.IsPathSeparator(rest[0]) {
		return name, nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("hub: where are models kept? Set HF_HOME: %w", err)
	}
	return filepath.Join(home, rest), nil
}

// DefaultCache returns the cache in the folder that CHORD_MODELS, HF_HUB_CACHE or
// HF_HOME names, else in that of huggingface_hub.
func DefaultCache() (Cache, error) {
	if dir := cmp.Or(os.Getenv("CHORD_MODELS"), os.Getenv("HF_HUB_CACHE")); dir != "" {
		dir, err := expand(dir)
		return Cache{Dir: dir}, err
	}
	home, err := hubHome()
	return Cache{Dir: filepath.Join(home, "hub")}, err
}

// endpoint returns the address of the endpoint, without a last slash.
func (c *Client) endpoint() (*url.URL, error) {
	u, err := url.Parse(strings.TrimRight(cmp.Or(c.Endpoint, DefaultEndpoint), "/"))
	if err == nil {
		err = checkURL(u)
	}
	if err != nil {
		return nil, fmt.Errorf("hub: endpoint: %w", err)
	}
	return u, nil
}

// checkURL wants https, or http to this machine.
func checkURL(u *url.URL) error {
	switch {
	case u.Host == "":
		return fmt.Errorf("%q has no host", u.Redacted())
	case u.User != nil:
		return fmt.Errorf("%q has a user: give a token instead", u.Redacted())
	case u.Scheme == "https", u.Scheme == "http" && loopback(u.Hostname()):
		return nil
	}
	return fmt.Errorf("%q: want https", u.Redacted())
}
