package cpu

import "golang.org/x/sys/cpu"

// system are features that the operating system reports: cpuid/v2 detects none
// under Windows on arm64. Every arm64 CPU that Go runs on has ASIMD.
var system = map[string]bool{
	"ASIMD":   true,
	"ASIMDDP": cpu.ARM64.HasASIMDDP,
	"I8MM":    cpu.ARM64.HasI8MM,
}
