package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A console is chord on a pseudo-terminal.
type console struct {
	t      *testing.T
	cmd    *exec.Cmd
	master *os.File
	pieces chan []byte // what it prints; closed at its end
	screen bytes.Buffer
	seen   int // bytes of screen that were waited for
}

// openConsole runs chord with these arguments on a terminal of 80 columns.
func openConsole(t *testing.T, env []string, args ...string) *console {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skip("no pseudo-terminals here: ", err)
	}
	fd := int(master.Fd())
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0)
	}
	if err == nil {
		err = unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 24, Col: 80})
	}
	if err != nil {
		t.Fatal(err)
	}
	slave, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer slave.Close()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := &console{t: t, cmd: exec.CommandContext(t.Context(), self, args...), master: master, pieces: make(chan []byte)}
	c.cmd.Env = append(append(os.Environ(), "CHORD_TEST_RUN=main", "TERM=xterm", "NO_COLOR=", "CLICOLOR="), env...)
	c.cmd.Stdin, c.cmd.Stdout, c.cmd.Stderr = slave, slave, slave
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go c.read()
	t.Cleanup(func() { master.Close() })
	return c
}

// read sends what the program prints.
func (c *console) read() {
	defer close(c.pieces)
	for {
		b := make([]byte, 4096)
		n, err := c.master.Read(b)
		if err != nil {
			return
		}
		select {
		case c.pieces <- b[:n]:
		case <-c.t.Context().Done():
			return
		}
	}
}

// wants waits until the program prints text, after what was waited for before.
func (c *console) wants(text string) {
	c.t.Helper()
	late := time.After(time.Minute)
	for {
		if i := bytes.Index(c.screen.Bytes()[c.seen:], []byte(text)); i >= 0 {
			c.seen += i + len(text)
			return
		}
		select {
		case piece, ok := <-c.pieces:
			if !ok {
				c.t.Fatalf("ends without %q:\n%q", text, c.screen.Bytes()[c.seen:])
			}
			c.screen.Write(piece)
		case <-late:
			c.t.Fatalf("no %q in\n%.2000q", text, c.screen.Bytes()[c.seen:])
		}
	}
}

// types sends keys.
func (c *console) types(keys string) {
	c.t.Helper()
	if _, err := c.master.WriteString(keys); err != nil {
		c.t.Fatal(err)
	}
}

// ends wants the program to end with a code, and the terminal as it was: lines are
// echoed and Ctrl-C is a signal.
func (c *console) ends(code int) {
	c.t.Helper()
	go func() {
		for range c.pieces {
		}
	}()
	_ = c.cmd.Wait() // the code says more
	if got := c.cmd.ProcessState.ExitCode(); got != code {
		c.t.Errorf("exit %d, want %d", got, code)
	}
	mode, err := unix.IoctlGetTermios(int(c.master.Fd()), unix.TCGETS)
	if want := uint32(unix.ECHO | unix.ICANON | unix.ISIG); err != nil || mode.Lflag&want != want {
		c.t.Errorf("the terminal has mode %x, %v", mode.Lflag, err)
	}
}

const ctrlC, ctrlD = "\x03", "\x04"

// endless are flags with which an answer does not end by itself.
var endless = []string{"chat", "--seed", "3", "--ignore-eos", "-c", "1000000"}

// TestChatCtrlC stops an answer by Ctrl-C and goes on; another one leaves.
func TestChatCtrlC(t *testing.T) {
	t.Run("stop, then talk on", func(t *testing.T) {
		c := openConsole(t, nil, endless...)
		c.wants(">>> ")
		c.types("Tell a story\r")
		c.wants(" the ")
		c.types(ctrlC)
		c.wants("(stopped)")
		c.wants(">>> ")
		c.types("/show\r")
		c.wants("messages  2")
		c.wants(">>> ")
		c.types(ctrlD)
		c.ends(0)
	})
	t.Run("twice", func(t *testing.T) {
		c := openConsole(t, nil, endless...)
		c.wants(">>> ")
		c.types("Tell a story\r")
		c.wants(" the ")
		c.types(ctrlC)
		c.wants(">>> ")
		c.types(ctrlC)
		c.ends(exitCtrlC)
	})
	t.Run("twice where a line is typed", func(t *testing.T) {
		c := openConsole(t, nil, "chat")
		c.wants(">>> ")
		c.types("not this")
		c.wants("this") // the editor echoes it: it reads keys
		c.types(ctrlC)
		c.wants("Ctrl-C again leaves")
		c.wants(">>> ")
		c.types("/show\r")
		c.wants("messages  0")
		c.types("x")
		c.wants("x")
		c.types(ctrlC)
		c.wants("Ctrl-C again leaves")
		c.types(ctrlC)
		c.ends(exitCtrlC)
	})
	t.Run("SIGTERM", func(t *testing.T) {
		c := openConsole(t, nil, endless...)
		c.wants(">>> ")
		c.types("Tell a story\r")
		c.wants(" the ")
		if err := c.cmd.Process.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		c.ends(exitTerm)
	})
}

// TestChatScreen wants errors to leave the chat open, reasoning dim, and messages of
// several lines.
func TestChatScreen(t *testing.T) {
	args := []string{"chat", "--seed", "3", "-n", "40", "--chat-template", thinkingTemplate, "--grammar", thinkingAnswer}
	c := openConsole(t, nil, args...)
	c.wants(dim + "chord-tales, a context of 512 tokens" + plain)
	c.wants(">>> ")
	c.types("/nosuch\r")
	c.wants("unknown command /nosuch")
	c.wants(">>> ")
	c.types("\"\"\"one\r")
	c.wants("... ")
	c.types("two\"\"\"\r")
	c.wants("two")
	c.wants(dim)
	c.wants(plain + "\r\n\r\nYes.\r\n\r\n" + askPastes + ">>> ")
	c.types("/save " + filepath.Join(t.TempDir(), "chat.json") + "\r")
	c.wants("has the chat")
	c.types("/bye\r")
	c.ends(0)
	if bytes.Contains(c.screen.Bytes(), []byte("(thinking)")) {
		t.Errorf("dim and marked: %q", c.screen.Bytes())
	}
	for _, env := range []string{"NO_COLOR=1", "CLICOLOR=0", "TERM=dumb"} {
		c := openConsole(t, []string{env}, append(args, "Hello")...)
		c.wants("(thinking)\r\n")
		c.wants("\r\n(end of thinking)\r\n\r\nYes.\r\n\r\n")
		c.wants(">>> ")
		c.types(ctrlD)
		c.ends(0)
		for _, color := range []string{dim, plain} {
			if bytes.Contains(c.screen.Bytes(), []byte(color)) {
				t.Errorf("%s: colours in %q", env, c.screen.Bytes())
			}
		}
	}
}

// TestChatHistory keeps what was typed in a file that its owner alone can read, and none
// without state.
func TestChatHistory(t *testing.T) {
	dir := atHome(t, "")
	name := filepath.Join(dir, "state", "chord", "history")
	for i, state := range []string{"CHORD_NO_STATE=1", "CHORD_NO_STATE="} {
		c := openConsole(t, []string{state}, "chat", "-n", "1")
		c.wants(">>> ")
		c.types("Once\r")
		c.wants("\r\n\r\n" + askPastes + ">>> ")
		c.types("/bye\r")
		c.ends(0)
		b, err := os.ReadFile(name)
		if i == 0 {
			if err == nil {
				t.Errorf("without state there is a history: %q", b)
			}
			continue
		}
		if err != nil || string(b) != "Once\n/bye\n" {
			t.Errorf("history %q, %v", b, err)
		}
		if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("history: %v, %v", info.Mode(), err)
		}
	}
	c := openConsole(t, nil, "chat", "-n", "1")
	c.wants(">>> ")
	c.types("\x1b[A\x1b[A") // the second last line
	c.wants("Once")
	c.types(ctrlC + ctrlC)
	c.ends(exitCtrlC)
}

// TestRunScreen stops an answer of chord run by Ctrl-C.
func TestRunScreen(t *testing.T) {
	file := talesFile(t)
	c := openConsole(t, nil, append(append([]string{"run", "-m", file}, endless[1:]...), "Tell a story")...)
	c.wants(" the ")
	c.types(ctrlC)
	c.ends(exitCtrlC)
	if strings.Contains(c.screen.String(), "Tell a story") {
		t.Errorf("an answer repeats the question: %.200q", c.screen.String())
	}
}
