package interop

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/client"
	"github.com/dmstask/dmstask/client/clienttest"
)

// tokenLifetime is that of Keystone's tokens.
const tokenLifetime = 3 * time.Second

// keystoneConf keeps everything in one directory. Two wrong passwords lock a user.
const keystoneConf = `[database]
connection = sqlite:///%[1]s/keystone.db
[identity]
password_hash_rounds = 4
[token]
expiration = %[2]d
[fernet_tokens]
key_repository = %[1]s/fernet
[fernet_receipts]
key_repository = %[1]s/fernet
[credential]
key_repository = %[1]s/credential
[auth]
methods = password,token,totp,application_credential
[security_compliance]
lockout_failure_attempts = 2
`

// keystoneSetup makes database, keys and administrator.
const keystoneSetup = `set -e
owner="--keystone-user $(id -un) --keystone-group $(id -gn)"
for step in db_sync "fernet_setup $owner" "credential_setup $owner" "bootstrap --bootstrap-password $2"; do
	"$1"/bin/keystone-manage --config-file keystone.conf $step
done
`

// keystoneServe serves the WSGI application of Keystone, and says on which port.
const keystoneServe = `
import os
from keystone.wsgi.api import application
from werkzeug.serving import make_server
server = make_server("127.0.0.1", 0, application, threaded=True)
print(server.port, flush=True)
os.dup2(2, 1) # nobody reads more than the port, and Keystone logs there
server.serve_forever()
`

// A keystone is a Keystone on loopback with one project, and clienttest as the DMS that takes its tokens.
type keystone struct {
	url string // without version
	dms *clienttest.Server

	Password                       string // of every user
	UserDomain, UserDomainID       string
	ProjectDomain, ProjectDomainID string
	Project, ProjectID             string
	role                           string
}

func startKeystone(t *testing.T) *keystone {
	t.Helper()
	venv := installed(t, "keystone-"+keystoneVersion+"-"+werkzeugVersion, func(dir string) *exec.Cmd {
		return command(t, dir, "sh", "-c",
			"python3 -m venv . && bin/pip install keystone=="+keystoneVersion+" werkzeug=="+werkzeugVersion)
	})
	k, dir := &keystone{dms: clienttest.New(t), Password: rand.Text()}, t.TempDir()
	config := filepath.Join(dir, "keystone.conf")
	require.NoError(t, os.WriteFile(config, fmt.Appendf(nil, keystoneConf, dir, tokenLifetime/time.Second), 0o600))
	output, err := command(t, dir, "sh", "-c", keystoneSetup, "sh", venv, k.Password).CombinedOutput()
	require.NoError(t, err, "%s", output)

	var log bytes.Buffer
	serve := command(t, dir, filepath.Join(venv, "bin", "python"), "-c", keystoneServe)
	serve.Stderr = &log
	// A password that the administrator sets has expired at once, unless an option of its user says otherwise. That is
	// how expired ones are made here, and is not for the administrator, who was made before.
	serve.Env = append(os.Environ(), "OS_KEYSTONE_CONFIG_FILES="+config,
		"OS_SECURITY_COMPLIANCE__CHANGE_PASSWORD_UPON_FIRST_USE=true")
	stdout, err := serve.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, serve.Start())
	port, _ := bufio.NewReader(stdout).ReadString('\n')
	t.Cleanup(func() {
		_ = serve.Process.Kill()
		_ = serve.Wait()
		if t.Failed() {
			t.Logf("%s", log.Bytes()[max(0, log.Len()-10_000):])
		}
	})
	require.NotEmpty(t, port, "Keystone does not start")
	k.url = "http://127.0.0.1:" + strings.TrimSpace(port)

	k.UserDomain, k.ProjectDomain, k.Project = "users", "projects", "eu-de_project"
	k.UserDomainID = k.create(t, "domains", object{"name": k.UserDomain})
	k.ProjectDomainID = k.create(t, "domains", object{"name": k.ProjectDomain})
	k.ProjectID = k.create(t, "projects", object{"name": k.Project, "domain_id": k.ProjectDomainID})
	k.create(t, "projects", object{"name": k.Project, "domain_id": k.UserDomainID}) // for which nobody has a role
	k.role = k.create(t, "roles", object{"name": "tester"})
	service := k.create(t, "services", object{"type": "dmsv2", "name": "dms"})
	k.create(t, "endpoints", object{
		"service_id": service, "interface": "public", "region": "eu-de", "url": k.dms.URL + "/v2/$(project_id)s",
	})
	k.dms.Wrap(k.guard)
	return k
}

// newUser makes a user of the project, with options, and returns its name and ID.
func (k *keystone) newUser(t *testing.T, options object) (name, id string) {
	t.Helper()
	all := object{"ignore_password_expiry": true}
	for option, value := range options {
		all[option] = value
	}
	name = "user-" + rand.Text()
	id = k.create(t, "users", object{
		"name": name, "password": k.Password, "domain_id": k.UserDomainID, "options": all,
	})
	k.admin(t, http.MethodPut, "projects/"+k.ProjectID+"/users/"+id+"/roles/"+k.role, object{})
	return name, id
}

// newTask makes a task of the project.
func (k *keystone) newTask() client.TaskRef {
	task := k.dms.NewTask()
	task.ProjectID = client.ProjectID(k.ProjectID)
	k.dms.AddTask(task)
	return task
}

// guard has DMS ask Keystone about the token of every request.
func (k *keystone) guard(own http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token := r.Header.Get("X-Auth-Token")
		status, _, _, err := k.ask(http.MethodGet, "auth/tokens", token, object{})
		if err != nil || status != http.StatusOK {
			clienttest.Error(http.StatusUnauthorized, "DMS.10240102", "The token has expired.", nil).ServeHTTP(w, r)
			return
		}
		k.dms.AddToken(token, client.ProjectID(k.ProjectID))
		own.ServeHTTP(w, r)
	})
}

type object = map[string]any

// ask sends a request to Keystone, not by way of what is under test.
func (k *keystone) ask(method, path, token string, request object) (int, http.Header, object, error) {
	body, err := json.Marshal(request)
	if err != nil {
		return 0, nil, nil, err
	}
	req, err := http.NewRequest(method, k.url+"/v3/"+path, bytes.NewReader(body)) //nolint:noctx // loopback
	if err != nil {
		return 0, nil, nil, err
	}
	req.Header = http.Header{"Content-Type": {"application/json"}, "X-Auth-Token": {token}, "X-Subject-Token": {token}}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return 0, nil, nil, err
	}
	defer resp.Body.Close()
	var answer object
	if resp.StatusCode != http.StatusNoContent {
		err = json.NewDecoder(resp.Body).Decode(&answer)
	}
	return resp.StatusCode, resp.Header, answer, err
}

// token asks for a token by name and password; it is "" if they are refused.
func (k *keystone) token(t *testing.T, user, domain, password string, scope object) string {
	t.Helper()
	member := object{"name": user, "password": password, "domain": object{"name": domain}}
	identity := object{"methods": []string{"password"}, "password": object{"user": member}}
	request := object{"auth": object{"identity": identity, "scope": scope}}
	_, header, _, err := k.ask(http.MethodPost, "auth/tokens", "", request)
	require.NoError(t, err)
	return header.Get("X-Subject-Token")
}

// admin sends a request of the administrator, with a token of its own, since they are soon too old.
func (k *keystone) admin(t *testing.T, method, path string, request object) object {
	t.Helper()
	token := k.token(t, "admin", "Default", k.Password, object{"system": object{"all": true}})
	status, _, answer, err := k.ask(method, path, token, request)
	require.NoError(t, err)
	require.Less(t, status, 300, "%s %s: %v", method, path, answer)
	return answer
}

// create makes one of a kind, such as "users", and returns its ID.
func (k *keystone) create(t *testing.T, kind string, what object) (id string) {
	t.Helper()
	one := strings.TrimSuffix(kind, "s")
	answer, _ := k.admin(t, http.MethodPost, kind, object{one: what})[one].(object)
	id, _ = answer["id"].(string)
	require.NotEmpty(t, id)
	return id
}
