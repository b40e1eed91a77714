package main

import (
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/dmstask/dmstask"
	"github.com/dmstask/dmstask/client/clienttest"
	"github.com/dmstask/dmstask/internal/lint"
)

func TestMain(m *testing.M) { testscript.Main(tests{m}, map[string]func(){"dms-conformance": main}) }

// tests run without the variables of whoever runs them: no test may use a real server.
type tests struct{ *testing.M }

func (t tests) Run() int {
	lint.OrExit(dmstask.Contract())
	for _, variable := range os.Environ() {
		name, _, _ := strings.Cut(variable, "=")
		if strings.HasPrefix(name, "DMS_") || name == "OS_CLOUD" {
			_ = os.Unsetenv(name)
		}
	}
	return t.M.Run()
}

// TestScripts runs testdata/*.txtar. Each script has a server of its own, at $URL, and over TLS at $TLS_URL.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir: "testdata", Setup: setup, RequireExplicitExec: true, RequireUniqueNames: true,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"target": target, "fault": fault, "status": status, "requests": requests,
			"interrupt": interrupt, "exitcode": exitcode,
		},
	})
}

// A script is what belongs to one.
type script struct {
	server *clienttest.Server
	hangs  chan struct{}
	run    *exec.Cmd // that was interrupted
}

type key struct{}

func of(ts *testscript.TestScript) *script { return ts.Value(key{}).(*script) }

func setup(env *testscript.Env) error {
	s := clienttest.NewServer()
	env.Defer(s.Close)
	secured := httptest.NewUnstartedServer(s.Config.Handler)
	secured.EnableHTTP2 = true
	secured.Config.ErrorLog = log.New(io.Discard, "", 0) // who does not trust it
	secured.StartTLS()
	env.Defer(secured.Close)
	env.Values[key{}] = &script{server: s, hangs: make(chan struct{})}
	clouds := filepath.Join(env.WorkDir, "clouds.yaml")
	env.Vars = append(env.Vars, "GORACE=atexit_sleep_ms=0", // a second for each command otherwise
		"URL="+s.URL, "TLS_URL="+secured.URL, "OS_CLIENT_CONFIG_FILE="+clouds, "PROJECT="+string(s.ProjectID),
		"INSTANCE="+string(s.InstanceID), "TASK="+string(s.NewTask().TaskID), "TOKEN="+s.Token)
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: secured.Certificate().Raw})
	own := fmt.Appendf(nil, `
clouds:
  password:
    auth: {auth_url: %[1]q, username: %[2]s, password: %[3]s, user_domain_name: %[4]s, project_name: %[5]s}
  key:
    auth: {auth_url: %[1]q, ak: %[6]s, sk: %[7]s, project_name: %[5]s}
  wrong:
    auth: {auth_url: %[1]q, ak: %[6]s, sk: s3cret, project_name: %[5]s}
`, s.IdentityURL(), s.User.Name, s.User.Password, s.User.Domain, s.ProjectName, s.AccessKey, s.SecretKey)
	for name, content := range map[string][]byte{
		"clouds.yaml": own, "ca.pem": certificate, "openapi.yaml": dmstask.Contract(), "token": []byte(s.Token + "\n"),
	} {
		if err := os.WriteFile(filepath.Join(env.WorkDir, name), content, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// target sets the variables for the script's server, or for another URL.
func target(ts *testscript.TestScript, _ bool, args []string) {
	url := ts.Getenv("URL")
	if len(args) > 0 {
		url = args[0]
	}
	ts.Setenv("DMS_ENDPOINT", url)
	for variable, from := range map[string]string{
		"DMS_PROJECT_ID": "PROJECT", "DMS_INSTANCE_ID": "INSTANCE", "DMS_TOKEN": "TOKEN",
	} {
		ts.Setenv(variable, ts.Getenv(from))
	}
}

// fault makes the script's server faulty.
func fault(ts *testscript.TestScript, _ bool, args []string) {
	s := of(ts)
	var served atomic.Int32
	faults := map[string]func(own http.Handler, w http.ResponseWriter, r *http.Request){
		"none": http.Handler.ServeHTTP,
		"405": func(own http.Handler, w http.ResponseWriter, r *http.Request) { // violates a SHOULD
			if r.Method == http.MethodPatch {
				own = clienttest.Error(http.StatusBadRequest, "DMS.00400002", "no", nil)
			}
			own.ServeHTTP(w, r)
		},
		"404": func(own http.Handler, w http.ResponseWriter, r *http.Request) { // violates a MUST
			w.Header().Set("Connection", "close")
			own.ServeHTTP(withoutType{w}, r)
		},
		"http1": func(own http.Handler, w http.ResponseWriter, r *http.Request) {
			if r.ProtoMajor == 1 {
				own = http.NotFoundHandler()
			}
			own.ServeHTTP(w, r)
		},
		"prefix": func(own http.Handler, w http.ResponseWriter, r *http.Request) {
			http.StripPrefix("/cloud", own).ServeHTTP(w, r)
		},
	}
	hangsAfter := int32(1 << 30)
	if len(args) > 1 {
		n, err := strconv.ParseInt(args[1], 10, 32)
		ts.Check(err)
		hangsAfter = int32(n)
	}
	s.server.Wrap(func(own http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch n := served.Add(1); {
			case n == hangsAfter+1:
				close(s.hangs)
				fallthrough
			case n > hangsAfter:
				<-r.Context().Done()
			default:
				faults[args[0]](own, w, r)
			}
		})
	})
}

// withoutType is a response whose content has a wrong type.
type withoutType struct{ http.ResponseWriter }

func (w withoutType) WriteHeader(status int) {
	w.Header().Set("Content-Type", "text/html")
	w.ResponseWriter.WriteHeader(status)
}

// status runs a command that must end with an exit status.
func status(ts *testscript.TestScript, _ bool, args []string) {
	err := ts.Exec(args[1], args[2:]...)
	got := 0
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		got = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if strconv.Itoa(got) != args[0] {
		ts.Fatalf("exit status %d, want %s", got, args[0])
	}
}

// requests fails unless so many requests arrived at the server or, with a second argument, at its identity service.
func requests(ts *testscript.TestScript, neg bool, args []string) {
	got := len(of(ts).server.Requests())
	if len(args) > 1 {
		got = len(of(ts).server.IdentityRequests())
	}
	if (strconv.Itoa(got) == args[0]) == neg {
		ts.Fatalf("%d requests, want %s", got, args[0])
	}
}

// interrupt sends a signal to the command in the background, once the server hangs; if the command reads a pipe, it
// sends signals until the command has ended.
func interrupt(ts *testscript.TestScript, _ bool, args []string) {
	s := of(ts)
	s.run = ts.BackgroundCmds()[0]
	select {
	case <-s.hangs:
	case <-time.After(30 * time.Second):
		ts.Fatalf("the server has not got the request that hangs")
	}
	if len(args) > 0 {
		pipe, err := os.OpenFile(ts.MkAbs(args[0]), os.O_WRONLY, 0) // waits for a reader
		ts.Check(err)
		defer func() { _ = pipe.Close() }()
	}
	err := s.run.Process.Signal(os.Interrupt)
	for len(args) > 0 && err == nil {
		err = s.run.Process.Signal(os.Interrupt)
	}
	if !errors.Is(err, os.ErrProcessDone) {
		ts.Check(err)
	}
}

// exitcode fails unless the command that was interrupted has this exit status.
func exitcode(ts *testscript.TestScript, _ bool, args []string) {
	if got := of(ts).run.ProcessState.ExitCode(); strconv.Itoa(got) != args[0] {
		ts.Fatalf("exit status %d, want %s", got, args[0])
	}
}
