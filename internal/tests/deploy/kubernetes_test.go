// Package deploy_test holds the manifests for Kubernetes to the server that they run.
package deploy_test

import (
	"bytes"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/querent-ai/chord"
	"github.com/querent-ai/chord/server"
	"github.com/querent-ai/chord/tales"
	"gopkg.in/yaml.v3"
)

const folder = "../../../deploy/kubernetes/"

type labels map[string]string

type metadata struct {
	Name        string `yaml:"name"`
	Labels      labels `yaml:"labels"`
	Annotations labels `yaml:"annotations"`
}

type probe struct {
	HTTPGet *struct {
		Path string `yaml:"path"`
		Port string `yaml:"port"`
	} `yaml:"httpGet"`
	TCPSocket *struct {
		Port string `yaml:"port"`
	} `yaml:"tcpSocket"`
}

type container struct {
	Env []struct {
		Name, Value string
	} `yaml:"env"`
	Ports []struct {
		Name          string `yaml:"name"`
		ContainerPort int    `yaml:"containerPort"`
	} `yaml:"ports"`
	StartupProbe    probe `yaml:"startupProbe"`
	ReadinessProbe  probe `yaml:"readinessProbe"`
	LivenessProbe   probe `yaml:"livenessProbe"`
	SecurityContext struct {
		AllowPrivilegeEscalation *bool `yaml:"allowPrivilegeEscalation"`
		ReadOnlyRootFilesystem   bool  `yaml:"readOnlyRootFilesystem"`
		Capabilities             struct{ Drop []string }
	} `yaml:"securityContext"`
	VolumeMounts []struct {
		Name      string
		MountPath string `yaml:"mountPath"`
	} `yaml:"volumeMounts"`
}

type deployment struct {
	Spec struct {
		Replicas *int
		Selector struct {
			MatchLabels labels `yaml:"matchLabels"`
		}
		Template struct {
			Metadata metadata
			Spec     struct {
				EnableServiceLinks *bool `yaml:"enableServiceLinks"`
				GracePeriod        int   `yaml:"terminationGracePeriodSeconds"`
				SecurityContext    struct {
					RunAsNonRoot bool `yaml:"runAsNonRoot"`
					RunAsUser    int  `yaml:"runAsUser"`
				} `yaml:"securityContext"`
				Containers []container
				Volumes    []struct{ Name string }
			}
		}
	}
}

type autoscaler struct {
	Spec struct {
		ScaleTargetRef struct{ Kind, Name string } `yaml:"scaleTargetRef"`
		MinReplicas    int                         `yaml:"minReplicas"`
		MaxReplicas    int                         `yaml:"maxReplicas"`
		Metrics        []struct {
			Type string
			Pods struct{ Metric struct{ Name string } }
		}
	}
}

type service struct {
	Spec struct {
		Selector labels
		Ports    []struct {
			Port       int
			TargetPort string `yaml:"targetPort"`
		}
	}
}

type selecting struct {
	Spec struct {
		Selector struct {
			MatchLabels labels `yaml:"matchLabels"`
		}
		TargetPorts []struct{ Number int } `yaml:"targetPorts"`
	}
}

// read decodes a manifest.
func read[T any](t *testing.T, name, kind string) (v T) {
	t.Helper()
	b, err := os.ReadFile(folder + name)
	if err != nil {
		t.Fatal(err)
	}
	var k struct {
		Kind     string
		Metadata metadata
	}
	if err := yaml.Unmarshal(b, &k); err != nil || k.Kind != kind || k.Metadata.Name != "chord" {
		t.Fatalf("%s: %+v, want a %s, chord: %v", name, k, kind, err)
	}
	if err := yaml.Unmarshal(b, &v); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return v
}

// same reports whether two sets of labels are equal, and not empty.
func same(a, b labels) bool {
	for k, v := range a {
		if b[k] != v {
			return false
		}
	}
	return len(a) == len(b) && len(a) > 0
}

// TestManifests wants the manifests to fit together: labels, ports, limits of time.
func TestManifests(t *testing.T) {
	d := read[deployment](t, "deployment.yaml", "Deployment").Spec
	pod := d.Template.Spec
	if d.Replicas != nil {
		t.Error("the Deployment says how many replicas, which the autoscaler does")
	}
	all := d.Template.Metadata.Labels
	s := read[service](t, "service.yaml", "Service").Spec
	for what, l := range map[string]labels{
		"Deployment": d.Selector.MatchLabels, "Service": s.Selector,
		"PodDisruptionBudget": read[selecting](t, "disruption.yaml", "PodDisruptionBudget").Spec.Selector.MatchLabels,
		"InferencePool":       read[selecting](t, "gateway.yaml", "InferencePool").Spec.Selector.MatchLabels,
	} {
		if !same(l, all) {
			t.Errorf("%s selects %v, pods have %v", what, l, all)
		}
	}
	c := pod.Containers[0]
	if len(c.Ports) != 1 || c.Ports[0].ContainerPort != 8080 || len(s.Ports) != 1 || s.Ports[0].TargetPort != c.Ports[0].Name {
		t.Errorf("ports %+v, of the Service %+v", c.Ports, s.Ports)
	}
	if pool := read[selecting](t, "gateway.yaml", "InferencePool").Spec.TargetPorts; len(pool) != 1 || pool[0].Number != 8080 {
		t.Errorf("ports of the InferencePool: %+v", pool)
	}
	if a := d.Template.Metadata.Annotations; a["prometheus.io/port"] != "8080" || a["prometheus.io/path"] != "/metrics" {
		t.Errorf("annotations %v", a)
	}
	for what, p := range map[string]probe{"startup": c.StartupProbe, "readiness": c.ReadinessProbe} {
		if p.HTTPGet == nil || p.HTTPGet.Port != c.Ports[0].Name || p.HTTPGet.Path != "/health" {
			t.Errorf("%s probe: %+v", what, p)
		}
	}
	if p := c.LivenessProbe; p.TCPSocket == nil || p.TCPSocket.Port != c.Ports[0].Name {
		t.Errorf("liveness probe %+v: /health is 503 while the server drains", p)
	}
	if pod.EnableServiceLinks == nil || *pod.EnableServiceLinks {
		t.Error("Kubernetes sets CHORD_PORT for the Service")
	}
	if i := slices.IndexFunc(c.Env, func(e struct{ Name, Value string }) bool { return e.Name == "CHORD_DRAIN" }); i < 0 || c.Env[i].Value != "60s" || pod.GracePeriod <= 60 {
		t.Errorf("the pod has %d s to end, its requests %+v", pod.GracePeriod, c.Env)
	}
	h := read[autoscaler](t, "autoscaler.yaml", "HorizontalPodAutoscaler").Spec
	if h.ScaleTargetRef.Kind != "Deployment" || h.ScaleTargetRef.Name != "chord" || h.MinReplicas < 2 || h.MaxReplicas <= h.MinReplicas {
		t.Errorf("autoscaler %+v", h)
	}
	checkUser(t, pod.SecurityContext.RunAsNonRoot, pod.SecurityContext.RunAsUser, c)
	checkList(t)
}

// checkUser wants the container to have no rights, and the user of the image.
func checkUser(t *testing.T, nonRoot bool, user int, c container) {
	t.Helper()
	image, err := os.ReadFile("../../../deploy/Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"USER 65532:65532", "EXPOSE 8080", "VOLUME " + c.VolumeMounts[0].MountPath, "CHORD_HOST=0.0.0.0"} {
		if !strings.Contains(string(image), line) {
			t.Errorf("the image has no %s", line)
		}
	}
	rights := c.SecurityContext
	if !nonRoot || user != 65532 || rights.AllowPrivilegeEscalation == nil || *rights.AllowPrivilegeEscalation ||
		!rights.ReadOnlyRootFilesystem || !slices.Equal(rights.Capabilities.Drop, []string{"ALL"}) {
		t.Errorf("the container may too much: %v, user %d, %+v", nonRoot, user, rights)
	}
}

// checkList wants the kustomization to name every manifest but that of the gateway, which
// not every cluster knows.
func checkList(t *testing.T) {
	t.Helper()
	b, err := os.ReadFile(folder + "kustomization.yaml")
	var k struct{ Resources []string }
	if err == nil {
		err = yaml.Unmarshal(b, &k)
	}
	files, e := filepath.Glob(folder + "*.yaml")
	if err != nil || e != nil {
		t.Fatal(err, e)
	}
	for _, f := range files {
		name := filepath.Base(f)
		if want := name != "kustomization.yaml" && name != "gateway.yaml"; slices.Contains(k.Resources, name) != want {
			t.Errorf("kustomization: %s among %v: want %v", name, k.Resources, want)
		}
	}
}

var figure = regexp.MustCompile(`\b(chord_|vllm:)[a-z_]+[a-z]\b`)

// TestFigures wants a server with the options of the manifests to have the paths that they
// name, for callers without a key, and every figure that manifests and pages name.
func TestFigures(t *testing.T) {
	m, err := chord.OpenFS(tales.FS, tales.Name, chord.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	h, err := server.New(server.Options{Models: []server.Model{{Name: "tales", Loaded: m}}, Keys: []string{"key"}, Hosts: []string{"*"}, PublicMetrics: true})
	if err != nil {
		t.Fatal(err)
	}
	s := httptest.NewServer(h.Handler())
	defer s.Close()
	get := func(path string) string {
		r, err := http.Get(s.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		defer r.Body.Close()
		b, err := io.ReadAll(r.Body)
		if err != nil || r.StatusCode != http.StatusOK {
			t.Fatalf("%s: %s, %v", path, r.Status, err)
		}
		return string(b)
	}
	get("/health")
	figures := get("/metrics")
	named := 0
	files, err := filepath.Glob(folder + "*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range append(files, "../../../docs/deploy.md") {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range figure.FindAll(b, -1) {
			if bytes.HasSuffix(name, []byte("lora_requests_info")) {
				continue // of a server with adapters
			}
			named++
			if !bytes.Contains([]byte(figures), append([]byte("\n"), append(name, ' ')...)) && !strings.Contains(figures, "\n"+string(name)+"{") {
				t.Errorf("%s: the server has no %s", file, name)
			}
		}
	}
	if named < 3 {
		t.Errorf("%d figures are named", named)
	}
}
