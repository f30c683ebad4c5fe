package cpu

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// An ID identifies a model of CPU by numbers. A hypervisor may set the name that
// [Name] returns to anything; these numbers are those of the hardware.
type ID struct {
	Vendor   string // "AuthenticAMD"; of arm64 the implementer, "0x41"
	Family   int    // of arm64 the architecture, 8
	Model    int    // of arm64 the part
	Stepping int    // of arm64 the revision
}

// String returns all fields in one line.
func (id ID) String() string {
	return fmt.Sprintf("%s family %d model %d stepping %d", id.Vendor, id.Family, id.Model, id.Stepping)
}

// This returns the ID of this CPU, on Linux from /proc/cpuinfo, elsewhere from
// CPUID. Its Vendor is "unknown" where neither has it.
func This() ID {
	if text, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		if id, ok := ParseID(string(text)); ok {
			return id
		}
	}
	id := own()
	if id.Vendor == "" {
		return ID{Vendor: "unknown"}
	}
	return id
}

// infoKeys are the lines of /proc/cpuinfo that hold an ID, on amd64 and on arm64.
var infoKeys = []struct{ vendor, family, model, stepping string }{
	{"vendor_id", "cpu family", "model", "stepping"},
	{"CPU implementer", "CPU architecture", "CPU part", "CPU revision"},
}

// ParseID returns the ID of the first CPU in a text such as /proc/cpuinfo, and
// whether there is one.
func ParseID(cpuinfo string) (ID, bool) {
	lines := map[string]string{}
	for line := range strings.Lines(cpuinfo) {
		key, value, ok := strings.Cut(line, ":")
		key = strings.TrimSpace(key)
		if _, again := lines[key]; ok && !again {
			lines[key] = strings.TrimSpace(value)
		}
	}
	for _, k := range infoKeys {
		id := ID{Vendor: lines[k.vendor]}
		family, errF := strconv.ParseInt(lines[k.family], 0, 32)
		model, errM := strconv.ParseInt(lines[k.model], 0, 32)
		stepping, errS := strconv.ParseInt(lines[k.stepping], 0, 32)
		if id.Vendor != "" && errF == nil && errM == nil && errS == nil {
			id.Family, id.Model, id.Stepping = int(family), int(model), int(stepping)
			return id, true
		}
	}
	return ID{}, false
}
