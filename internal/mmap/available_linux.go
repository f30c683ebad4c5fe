package mmap

import (
	"os"
	"path"
	"strconv"
	"strings"
)

// Available returns how many bytes of memory this process can still use before
// the system ends processes: what the kernel says is available, or what its
// control groups leave, if that is less. Caches of files count as available. ok
// is false if the system does not say.
func Available() (n int64, ok bool) { return available("/") }

// available is Available with the system's files under root.
func available(root string) (n int64, ok bool) {
	n, ok = valueOf(path.Join(root, "proc/meminfo"), "MemAvailable:")
	n *= 1024
	for _, g := range memoryGroups(root) {
		if left, limited := g.left(); limited && (!ok || left < n) {
			n, ok = left, true
		}
	}
	return max(n, 0), ok
}

// A group is a control group's folder and the names of its files, which differ
// between versions 1 and 2.
type group struct{ dir, limit, usage, caches string }

// memoryGroups returns the control groups that this process is in, each with
// those above it. A container may see only the one at the top.
func memoryGroups(root string) []group {
	file, _ := os.ReadFile(path.Join(root, "proc/self/cgroup"))
	var gs []group
	for line := range strings.Lines(string(file)) {
		part := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(part) != 3 {
			continue
		}
		top, g := path.Join(root, "sys/fs/cgroup"), group{"", "memory.max", "memory.current", ""}
		switch {
		case part[1] == "memory":
			top, g = path.Join(top, "memory"), group{"", "memory.limit_in_bytes", "memory.usage_in_bytes", "total_"}
		case part[0] != "0":
			continue
		}
		for at := path.Clean("/" + part[2]); ; at = path.Dir(at) {
			g.dir = path.Join(top, at)
			gs = append(gs, g)
			if at == "/" {
				break
			}
		}
	}
	return gs
}

// left returns the group's limit less what is in use, not counting caches of
// files; limited is false if the group has no limit.
func (g group) left() (n int64, limited bool) {
	limit, ok := number(path.Join(g.dir, g.limit))
	used, known := number(path.Join(g.dir, g.usage))
	if !ok || !known {
		return 0, false
	}
	stat := path.Join(g.dir, "memory.stat")
	active, _ := valueOf(stat, g.caches+"active_file")
	inactive, _ := valueOf(stat, g.caches+"inactive_file")
	return limit - used + active + inactive, true
}

// number returns the number that is the content of a file; ok is false if that is
// not a number, such as "max".
func number(name string) (n int64, ok bool) {
	b, err := os.ReadFile(name)
	if err != nil {
		return 0, false
	}
	n, err = strconv.ParseInt(strings.TrimSpace(string(b)), 10, 64)
	return n, err == nil
}

// valueOf returns the number after key in a file of lines.
func valueOf(name, key string) (n int64, ok bool) {
	b, err := os.ReadFile(name)
	if err != nil {
		return 0, false
	}
	for line := range strings.Lines(string(b)) {
		if f := strings.Fields(line); len(f) >= 2 && f[0] == key {
			n, err = strconv.ParseInt(f[1], 10, 64)
			return n, err == nil
		}
	}
	return 0, false
}
