package main

import (
	"bufio"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// configFile returns the file with the configuration: that of --config, of
// CHORD_CONFIG, or chord/chord.toml in XDG_CONFIG_HOME. explicit says that somebody
// named it, so it has to exist.
func (a *app) configFile() (name string, explicit bool) {
	if a.config != "" {
		return a.config, true
	}
	if name := os.Getenv("CHORD_CONFIG"); name != "" {
		return name, true
	}
	dir := folder("XDG_CONFIG_HOME", ".config", "APPDATA")
	if dir == "" {
		return "", false
	}
	return filepath.Join(dir, "chord.toml"), false
}

// folder returns chord's folder in the one that a variable names, else in the one
// below the home folder; on Windows in the one of another variable. It is "" if the
// system has none of them.
func folder(variable, below, windows string) string {
	dir := os.Getenv(variable)
	if dir == "" && runtime.GOOS == "windows" {
		dir = os.Getenv(windows)
	} else if dir == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return ""
		}
		dir = filepath.Join(home, filepath.FromSlash(below))
	}
	if !filepath.IsAbs(dir) {
		return ""
	}
	return filepath.Join(dir, "chord")
}

// stateFile returns a file of the state that chord keeps between runs, in
// chord of XDG_STATE_HOME, or "" if CHORD_NO_STATE says that it keeps none.
func stateFile(name string) string {
	if os.Getenv("CHORD_NO_STATE") != "" {
		return ""
	}
	dir := folder("XDG_STATE_HOME", ".local/state", "LOCALAPPDATA")
	if dir == "" {
		return ""
	}
	return filepath.Join(dir, name)
}

// writeState writes a file of the state, which only its owner can read. It needs no
// error: chord works without.
func writeState(name string, content []byte) {
	if name == "" || os.MkdirAll(filepath.Dir(name), 0o700) != nil {
		return
	}
	f, err := temps.open(name)
	if err != nil {
		return
	}
	_ = f.Chmod(0o600)
	_, err = f.Write(content)
	if firstError(err, f.Close()) != nil || temps.rename(f.Name(), name) != nil {
		temps.remove(f.Name())
	}
}

// lastModelFile has the name of the model that was used last.
const lastModelFile = "last-model"

// lastModel returns the model that was used last, "" if there is none any more.
func (a *app) lastModel() string {
	f, err := os.Open(stateFile(lastModelFile))
	if err != nil {
		return ""
	}
	defer f.Close()
	line, _ := bufio.NewReader(f).ReadString('\n')
	name := strings.TrimSpace(line)
	if _, err := os.Stat(name); err != nil && a.aliases[name] == nil {
		return ""
	}
	return name
}

// remember keeps the name of a model for [app.lastModel]: that of the configuration,
// or the path of the file.
func (a *app) remember(m *modelFlags) {
	name := a.alias
	if name == "" && m.path != "" {
		path, err := filepath.Abs(m.path)
		if err != nil {
			return
		}
		name = path
	}
	if file := stateFile(lastModelFile); name != a.lastModel() && !strings.Contains(name, "\n") {
		writeState(file, []byte(name+"\n"))
	}
}
