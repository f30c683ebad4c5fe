package main

import (
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
)

// A file that is being written is called name.pid-place-random.incomplete. pid
// is the writer's number among the processes of place, so that the next who
// writes the same file can remove what dead ones have left. What other places
// have left, such as containers that share the folder, is left alone.

// incomplete ends the names of files that are being written.
const incomplete = ".incomplete"

// temps are those of this process.
var temps = tempSet{names: map[string]bool{}}

type tempSet struct {
	sync.Mutex
	names map[string]bool
}

// open creates a temporary file for the file called name.
func (s *tempSet) open(name string) (*os.File, error) {
	s.Lock()
	defer s.Unlock()
	temp := fmt.Sprintf("%s.%d-%08x-%08x%s", name, os.Getpid(), place(), rand.Uint32(), incomplete)
	f, err := os.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err == nil {
		s.names[temp] = true
	}
	return f, err
}

// rename gives temp its name.
func (s *tempSet) rename(temp, name string) error {
	s.Lock()
	defer s.Unlock()
	err := os.Rename(temp, name)
	if err == nil {
		delete(s.names, temp)
	}
	return err
}

// remove removes temp.
func (s *tempSet) remove(temp string) {
	s.Lock()
	defer s.Unlock()
	os.Remove(temp)
	delete(s.names, temp)
}

// removeAll removes all files of this process, which is about to end.
func (s *tempSet) removeAll() {
	s.Lock()
	defer s.Unlock()
	for temp := range s.names {
		os.Remove(temp)
		delete(s.names, temp)
	}
}

// has reports whether temp is of this process.
func (s *tempSet) has(temp string) bool {
	s.Lock()
	defer s.Unlock()
	return s.names[temp]
}

// removeStale removes what dead processes of this place have left of writing
// the file called name. What cannot be removed is no reason not to write.
func removeStale(name string) {
	dir, base := filepath.Split(name)
	entries, err := os.ReadDir(filepath.Clean(dir + "."))
	if err != nil {
		return
	}
	for _, e := range entries {
		temp := dir + e.Name()
		pid, ok := writerOf(e.Name(), base)
		switch {
		case !ok || !e.Type().IsRegular():
		case pid == os.Getpid() && !temps.has(temp), pid != os.Getpid() && dead(pid):
			os.Remove(temp)
		}
	}
}

// writerOf returns the process that temp is or was written by, if it is a
// temporary file for name from this place.
func writerOf(temp, name string) (pid int, ok bool) {
	rest, ok := strings.CutPrefix(temp, name+".")
	rest, ends := strings.CutSuffix(rest, incomplete)
	part := strings.Split(rest, "-")
	if !ok || !ends || len(part) != 3 || part[1] != fmt.Sprintf("%08x", place()) || len(part[2]) != 8 {
		return 0, false
	}
	pid, err := strconv.Atoi(part[0])
	return pid, err == nil && pid > 0
}

// place returns a number for the set of processes among which a pid is known:
// this machine's or this container's.
var place = sync.OnceValue(func() uint32 {
	h := fnv.New32a()
	host, _ := os.Hostname()
	processes, _ := os.Readlink("/proc/self/ns/pid") // Linux
	fmt.Fprintf(h, "%s %s", host, processes)
	return h.Sum32()
})
