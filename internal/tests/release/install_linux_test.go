package release_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

// root skips a test unless it may have a root of its own.
func root(t *testing.T) string {
	t.Helper()
	needed(t)
	if os.Getuid() != 0 {
		t.Skip("a root of its own needs the user root")
	}
	return t.TempDir()
}

// within returns a command in a root of its own.
func within(dir, name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Env = "/", []string{"PATH=/usr/bin", "HOME=/"}
	cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: dir}
	return cmd
}

// installed are files of the packages of both kinds, with their modes.
var installed = map[string]fs.FileMode{
	"usr/bin/chord":                                  0o755,
	"usr/share/man/man1/chord.1.gz":                  0o644,
	"usr/share/man/man1/chord-serve.1.gz":            0o644,
	"usr/share/bash-completion/completions/chord":    0o644,
	"usr/share/fish/vendor_completions.d/chord.fish": 0o644,
	"usr/lib/systemd/system/chord.service":           0o644,
	"etc/chord/chord.env":                            0o600,
	"usr/share/doc/chord/LICENSE-MIT":                0o644,
	"usr/share/doc/chord/LICENSE-APACHE":             0o644,
}

// checkInstalled wants the files, of root, and the program to run in dir.
func checkInstalled(t *testing.T, dir string) {
	t.Helper()
	for name, mode := range installed {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil || info.Mode().Perm() != mode || info.Sys().(*syscall.Stat_t).Uid != 0 {
			t.Errorf("%s: %v, %v", name, info, err)
		}
	}
	if out, err := within(dir, "/usr/bin/chord", "version").CombinedOutput(); err != nil || !strings.Contains(string(out), version) {
		t.Errorf("chord version: %v, %s", err, out)
	}
	if out, err := within(dir, "/usr/bin/chord", "run", "-n", "8", "Once").CombinedOutput(); err != nil {
		t.Errorf("chord run: %v, %s", err, out)
	}
}

// checkRemoved wants nothing of chord below dir.
func checkRemoved(t *testing.T, dir string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err == nil && strings.Contains(d.Name(), "chord") && !strings.Contains(name, "/lib/dpkg/") {
			t.Errorf("%s is left", name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestDebian installs the package with dpkg, again over a changed configuration, and
// removes it.
func TestDebian(t *testing.T) {
	dir := root(t)
	dpkg, file := program(t, "dpkg"), dist(t, "chord-"+version+"-linux-"+runtime.GOARCH+".deb")
	state := filepath.Join(dir, "var", "lib", "dpkg")
	for _, name := range []string{"info", "updates"} {
		if err := os.MkdirAll(filepath.Join(state, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(state, "status"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	// Images of Debian may be told to leave out documents.
	run(t, "", nil, dpkg, "--root="+dir, "--path-include=/usr/*", "--install", file)
	checkInstalled(t, dir)
	if out := run(t, "", nil, dpkg, "--root="+dir, "--status", "chord"); !strings.Contains(out, "Version: "+strings.TrimPrefix(version, "v")) {
		t.Error(out)
	}
	config := filepath.Join(dir, "etc", "chord", "chord.env")
	if err := os.WriteFile(config, []byte("CHORD_PORT=1\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	run(t, "", nil, dpkg, "--root="+dir, "--install", file)
	run(t, "", nil, dpkg, "--root="+dir, "--remove", "chord")
	if b, err := os.ReadFile(config); err != nil || string(b) != "CHORD_PORT=1\n" {
		t.Errorf("the configuration is %q, %v", b, err)
	}
	run(t, "", nil, dpkg, "--root="+dir, "--purge", "chord")
	checkRemoved(t, dir)
}

// TestRPM installs the package with rpm, lets it verify the files, and removes it.
func TestRPM(t *testing.T) {
	dir := root(t)
	rpm, file := program(t, "rpm"), dist(t, "chord-"+version+"-linux-"+runtime.GOARCH+".rpm")
	run(t, "", nil, rpm, "--root", dir, "--install", "--nosignature", file)
	checkInstalled(t, dir)
	run(t, "", nil, rpm, "--root", dir, "--verify", "chord")
	if out := run(t, "", nil, rpm, "--root", dir, "-q", "chord"); !strings.HasPrefix(out, "chord-"+strings.TrimPrefix(version, "v")+"-1.") {
		t.Error(out)
	}
	run(t, "", nil, rpm, "--root", dir, "--erase", "chord")
	checkRemoved(t, filepath.Join(dir, "usr"))
	checkRemoved(t, filepath.Join(dir, "etc"))
}

// An image is what the last stage of a Dockerfile says.
type image struct {
	env         []string
	user        int
	entry, args []string
	health      []string
}

// unpackImage builds the file system of deploy/Dockerfile in dir, with the binary of the
// release.
func unpackImage(t *testing.T, dir string) (m image) {
	t.Helper()
	b, err := os.ReadFile("../../../deploy/Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	_, last, ok := strings.Cut(strings.ReplaceAll(string(b), "\\\n", " "), "\nFROM scratch\n")
	if !ok {
		t.Fatal("the last stage does not begin with FROM scratch")
	}
	list := func(text string) (words []string) {
		_, text, _ = strings.Cut(text, "[")
		for word := range strings.SplitSeq(strings.TrimSuffix(text, "]"), ",") {
			words = append(words, strings.Trim(word, ` "`))
		}
		return words
	}
	for line := range strings.SplitSeq(last, "\n") {
		word, rest, _ := strings.Cut(line, " ")
		switch word {
		case "COPY":
			f := strings.Fields(rest)
			from, to := f[len(f)-2], filepath.Join(dir, f[len(f)-1])
			copyInto(t, from, to, strings.Contains(rest, "--chown=65532:65532"))
		case "ENV":
			m.env = strings.Fields(rest)
		case "USER":
			if _, err := fmt.Sscanf(rest, "%d", &m.user); err != nil {
				t.Fatal(err)
			}
		case "ENTRYPOINT":
			m.entry = list(rest)
		case "CMD":
			m.args = list(rest)
		case "HEALTHCHECK":
			m.health = list(rest)
		case "", "LABEL", "EXPOSE", "VOLUME":
		default:
			t.Errorf("the test knows no %s", line)
		}
	}
	return m
}

// copyInto does what COPY does with a file of the first stage.
func copyInto(t *testing.T, from, to string, owned bool) {
	t.Helper()
	var b []byte
	var err error
	switch from {
	case "/out/chord":
		b, err = os.ReadFile(unpacked(t, "linux-"+runtime.GOARCH))
	case "/out/models":
		err = os.Mkdir(to, 0o700)
		if err == nil && owned {
			err = os.Chown(to, 65532, 65532)
		}
		if err != nil {
			t.Fatal(err)
		}
		return
	case "/etc/ssl/certs/ca-certificates.crt":
		to = filepath.Join(to, filepath.Base(from)) // the target is a folder
		err = os.MkdirAll(filepath.Dir(to), 0o755)
	default:
		t.Fatalf("the test knows no %s", from)
	}
	if err == nil {
		err = os.WriteFile(to, b, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// command returns one in the image, with its environment and more.
func (m *image) command(dir string, words, env []string) *exec.Cmd {
	cmd := within(dir, words[0], words[1:]...)
	cmd.Env = append(append([]string{"PATH=/"}, m.env...), env...)
	cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(m.user), Gid: uint32(m.user)}
	return cmd
}

// TestImage runs the image's command as its user in its file system, and nothing else,
// with the environment that the documents name.
func TestImage(t *testing.T) {
	dir := root(t)
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	m := unpackImage(t, dir)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(l.Addr().String())
	l.Close()
	env := []string{"CHORD_PORT=" + port, "CHORD_API_KEY=secret,other", "CHORD_PUBLIC_METRICS=true"}
	if out, err := m.command(dir, append(m.entry, m.args...), nil).CombinedOutput(); err == nil || !strings.Contains(string(out), "--api-key") {
		t.Errorf("without a key: %v, %s", err, out)
	}
	if out, err := m.command(dir, m.health, env).CombinedOutput(); err == nil {
		t.Errorf("no server is healthy: %s", out)
	}
	cmd := m.command(dir, append(m.entry, m.args...), env)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || !strings.Contains(line, ":"+port) {
		t.Errorf("it says %q, %v", line, err)
	}
	if out, err := m.command(dir, m.health, env).CombinedOutput(); err != nil {
		t.Errorf("health: %v, %s", err, out)
	}
	for _, c := range []struct {
		path, key string
		status    int
	}{{"/health", "", 200}, {"/metrics", "", 200}, {"/v1/models", "", 401}, {"/v1/models", "secret", 200}, {"/v1/models", "other", 200}} {
		q, err := http.NewRequest(http.MethodGet, "http://127.0.0.1:"+port+c.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if c.key != "" {
			q.Header.Set("Authorization", "Bearer "+c.key)
		}
		r, err := http.DefaultClient.Do(q)
		if err != nil {
			t.Fatal(err)
		}
		r.Body.Close()
		if r.StatusCode != c.status {
			t.Errorf("%s with key %q: %s", c.path, c.key, r.Status)
		}
	}
	_ = cmd.Process.Signal(syscall.SIGTERM)
	if _ = cmd.Wait(); cmd.ProcessState.ExitCode() != 143 {
		t.Errorf("%v\n%s", cmd.ProcessState, &stderr)
	}
	if files, err := filepath.Glob(filepath.Join(dir, "*")); err != nil || len(files) != 3 {
		t.Errorf("the file system has %q, %v", files, err)
	}
}
