package client_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/dmstask/dmstask/client"
)

// TestEchoedCredentials: wherever a server repeats the credentials, the error does not.
func TestEchoedCredentials(t *testing.T) {
	t.Parallel()
	const bearer = "bearer-0123456789"
	const chunked = "HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n"
	for name, response := range map[string]string{
		"status line":         "HTTP/1.1 " + token + bearer + "\r\n\r\n",
		"header line":         "HTTP/1.1 404 Not Found\r\n" + token + bearer + "\r\n\r\n",
		"Content-Length":      "HTTP/1.1 404 Not Found\r\nContent-Length: " + token + bearer + "\r\n\r\n",
		"Transfer-Encoding":   "HTTP/1.1 404 Not Found\r\nTransfer-Encoding: " + token + bearer + "\r\n\r\n",
		"chunk":               chunked + token + bearer + "\r\n",
		"trailer":             chunked + "0\r\n" + token + bearer + "\r\n\r\n",
		"Location":            "HTTP/1.1 302 Found\r\nLocation: http://elsewhere/?" + token + bearer + "\r\n\r\n",
		"unreadable Location": "HTTP/1.1 302 Found\r\nLocation: http://[" + token + bearer + "\r\n\r\n",
		"no HTTP":             token + bearer + "\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := newClient(t, serveRaw(t, response), client.WithSigner(func(req *http.Request) error {
				req.Header.Set("X-Auth-Token", token)
				req.Header.Set("Authorization", "Bearer "+bearer)
				return nil
			}))
			err := c.DeleteTask(t.Context(), task)
			require.Error(t, err)
			assert.NotContains(t, err.Error(), token)
			assert.NotContains(t, err.Error(), bearer)
			resp, err := c.DeleteBackgroundTask(t.Context(), task.ProjectID, task.InstanceID, task.TaskID)
			if err == nil {
				require.NoError(t, resp.Body.Close())
			} else {
				assert.NotContains(t, err.Error(), token)
				assert.NotContains(t, err.Error(), bearer)
			}
		})
	}
}

// TestEchoedInAnyForm: a server may write what it repeats in another way, or repeat a part of it.
func TestEchoedInAnyForm(t *testing.T) {
	t.Parallel()
	const long, short = "MIIEcwYJ+KoZIhvc/NAQcCoII-EZDCCBGACAQExDTALBglg", "t+k/1"
	for name, tc := range map[string]struct{ token, written string }{
		"plain":                    {long, long},
		"base64":                   {long, base64.StdEncoding.EncodeToString([]byte(long))},
		"base64url":                {long, base64.RawURLEncoding.EncodeToString([]byte("x" + long))},
		"hexadecimal":              {long, hex.EncodeToString([]byte(long))},
		"capital letters":          {long, strings.ToUpper(long)},
		"small letters":            {long, strings.ToLower(long)},
		"percent":                  {long, url.QueryEscape(long)},
		"percent, small":           {long, strings.ToLower(url.QueryEscape(long))},
		"percent, twice":           {long, url.QueryEscape(url.QueryEscape(long))},
		"JSON in JSON":             {long, strings.ReplaceAll(long, "/", `\/`)},
		"only the beginning":       {long, long[:20]},
		"only the end":             {long, long[len(long)-20:]},
		"short":                    {short, short},
		"short, percent":           {short, url.QueryEscape(short)},
		"short, percent in a path": {short, url.PathEscape(short)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body, err := json.Marshal(map[string]string{
				"error_code": "c." + tc.written, "error_msg": "m " + tc.written, "request_id": "r " + tc.written,
			})
			require.NoError(t, err)
			for where, step := range map[string]step{
				"body":   status(http.StatusForbidden, string(body)),
				"header": status(http.StatusForbidden, "", "X-Request-Id", tc.written),
				"error":  fails(fmt.Errorf("malformed header line: %s %w", tc.written, io.ErrUnexpectedEOF)),
				"end of the body": func(*http.Request) (*http.Response, error) {
					resp := answer(http.StatusForbidden, "")
					resp.Body = io.NopCloser(iotest.ErrReader(fmt.Errorf("trailer: %s %w", tc.written, io.ErrUnexpectedEOF)))
					return resp, nil
				},
			} {
				var out bytes.Buffer
				c := newClient(t, remote, client.WithToken(tc.token), client.WithHTTPClient(play(step)),
					client.WithLogger(slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))))
				err := c.DeleteTask(t.Context(), task)
				assert.NotContains(t, err.Error(), tc.written, where)
				assert.NotContains(t, out.String(), tc.written, where)
				var answer *client.APIError
				if errors.As(err, &answer) {
					assert.NotContains(t, answer.Code+answer.Message+answer.RequestID+fmt.Sprint(answer.Err), tc.written, where)
				}
				if where == "error" || where == "end of the body" {
					require.ErrorIs(t, err, io.ErrUnexpectedEOF)
					assert.Contains(t, err.Error(), "[redacted]")
				}
				resp, err := c.DeleteBackgroundTask(t.Context(), task.ProjectID, task.InstanceID, task.TaskID)
				if err == nil {
					_, err = io.ReadAll(resp.Body)
					require.NoError(t, resp.Body.Close())
				}
				assert.NotContains(t, fmt.Sprint(err), tc.written, where)
			}
		})
	}
}

// TestSignatureIsTold: of a signature only the signature is secret, and what the service says about the rest is read.
func TestSignatureIsTold(t *testing.T) {
	t.Parallel()
	const signature = "5f2a9c6e2c8f4b1d9a7c3f5e8b2d4a61"
	const says = "AK made-up-access-key is unknown; SignedHeaders=host;x-sdk-date"
	wire := play(status(http.StatusUnauthorized, `{"error_code":"APIG.0301","error_msg":"`+says+" "+signature+`"}`))
	c := newClient(t, remote, client.WithHTTPClient(wire), client.WithSigner(func(req *http.Request) error {
		req.Header.Set("Authorization", "SDK-HMAC-SHA256 Access=made-up-access-key, SignedHeaders=host;x-sdk-date, "+
			"Signature="+signature)
		return nil
	}))
	err := c.DeleteTask(t.Context(), task)
	require.ErrorContains(t, err, says)
	assert.NotContains(t, err.Error(), signature)
}

// TestCredentialsChange: what was sent last is what is looked for, whoever else sends meanwhile.
func TestCredentialsChange(t *testing.T) {
	t.Parallel()
	var sent atomic.Int32
	c := newClient(t, remote, client.WithHTTPClient(doer(func(req *http.Request) (*http.Response, error) {
		return status(http.StatusForbidden, apiError(req.Header.Get("X-Auth-Token")))(req)
	})), client.WithTokenSource(func(context.Context) (string, error) {
		return fmt.Sprintf("made-up-%032d", sent.Add(1)/3), nil
	}))
	var calls sync.WaitGroup
	for range 100 {
		calls.Go(func() {
			assert.ErrorContains(t, c.DeleteTask(t.Context(), task), `code "[redacted]"`)
		})
	}
	calls.Wait()
}

// A plainLog writes down what it is given as it is: not every handler quotes.
type plainLog struct{ values *[]string }

func (plainLog) Enabled(context.Context, slog.Level) bool { return true }
func (l plainLog) WithAttrs([]slog.Attr) slog.Handler     { return l }
func (l plainLog) WithGroup(string) slog.Handler          { return l }
func (l plainLog) Handle(_ context.Context, record slog.Record) error {
	record.Attrs(func(attr slog.Attr) bool {
		*l.values = append(*l.values, attr.Value.String())
		return true
	})
	return nil
}

// TestErrorsAreOneShortLine: no text of a server steers a terminal or a direction of writing, or fills a log.
func TestErrorsAreOneShortLine(t *testing.T) {
	t.Parallel()
	const chunked = "HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n"
	steers := "\x1b[2J\x1b]0;title\a\u009b2J\u202e"
	for name, foreign := range map[string]string{"steers": steers, "long": strings.Repeat("long ", 4000)} {
		for where, response := range map[string]string{
			"status line":  "HTTP/1.1 404" + foreign + "\r\n\r\n",
			"status":       "HTTP/1.1 4" + foreign + " x\r\n\r\n",
			"header line":  "HTTP/1.1 404 Not Found\r\n" + foreign + "\r\n\r\n",
			"trailer":      chunked + "0\r\n" + foreign + "\r\n\r\n",
			"no HTTP":      foreign + "\r\n",
			"X-Request-Id": "HTTP/1.1 404 Not Found\r\nX-Request-Id: " + strings.ReplaceAll(foreign, "\x1b", "") + "\r\n\r\n",
			"number":       "HTTP/1.1 404 Not Found\r\n\r\n" + `{"error_code":1e` + strings.Repeat("9", 5000) + `}`,
			"body": "HTTP/1.1 404 Not Found\r\n\r\n" +
				`{"error_code":"` + strings.NewReplacer("\x1b", `\u001b`, "\a", `\u0007`).Replace(foreign) + `"}`,
		} {
			t.Run(name+", "+where, func(t *testing.T) {
				t.Parallel()
				var logged []string
				c := newClient(t, serveRaw(t, response), client.WithLogger(slog.New(plainLog{&logged})))
				err := c.DeleteTask(t.Context(), task)
				require.Error(t, err)
				resp, err2 := c.DeleteBackgroundTask(t.Context(), task.ProjectID, task.InstanceID, task.TaskID)
				if err2 == nil {
					_, err2 = io.ReadAll(resp.Body)
					require.NoError(t, resp.Body.Close())
				}
				for _, text := range append(logged, err.Error(), fmt.Sprint(err2)) {
					assert.Less(t, len(text), 2500)
					assert.NotRegexp(t, `[^\pL\pM\pN\pP\pS ]`, text)
				}
			})
		}
	}
}

// TestRedirectIsShown: where a redirect led is the server's word too, also in the field of the answer.
func TestRedirectIsShown(t *testing.T) {
	t.Parallel()
	c := newClient(t, remote, client.WithToken(token), client.WithHTTPClient(
		doer(func(req *http.Request) (*http.Response, error) {
			resp := answer(http.StatusNoContent, "")
			resp.Request = req.Clone(req.Context())
			resp.Request.URL.Host = "\u202e." + token + ".example.com"
			return resp, nil
		})))
	answer := requireAPIError(t, c.DeleteTask(t.Context(), task), http.StatusNoContent)
	require.ErrorContains(t, answer.Err, `\u202e.[redacted].example.com`)
}

// TestUnreadableLocation: a redirect is an answer, with its status, whatever it points to.
func TestUnreadableLocation(t *testing.T) {
	t.Parallel()
	c := newClient(t, serveRaw(t, "HTTP/1.1 302 Found\r\nLocation: http://[x\r\n\r\n"))
	requireStatus(t, c.DeleteTask(t.Context(), task), http.StatusFound)
}

// TestSwitchingProtocols: after a 101 the connection has no end.
func TestSwitchingProtocols(t *testing.T) {
	t.Parallel()
	url := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Errorf("hijack: %v", err)
			return
		}
		defer conn.Close()
		_, _ = conn.Write([]byte("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n"))
		_, _ = conn.Read(make([]byte, 1)) // until the client hangs up
	})
	requireStatus(t, newClient(t, url).DeleteTask(t.Context(), task), http.StatusSwitchingProtocols)
}

// TestCredentialsInAnyCase: a header map can hold a name that is not canonical, and servers do not care.
func TestCredentialsInAnyCase(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"x-auth-token", "AUTHORIZATION", "x-security-token"} {
		wire := play(deleted)
		c := newClient(t, "http://dms.example.com", client.WithHTTPClient(wire),
			client.WithSigner(func(req *http.Request) error {
				req.Header[name] = []string{token}
				return nil
			}), client.WithInsecureHTTP())
		require.NoError(t, c.DeleteTask(t.Context(), task))
		guarded, err := client.New("http://dms.example.com", client.WithHTTPClient(wire),
			client.WithRequestEditorFn(func(_ context.Context, req *http.Request) error {
				req.Header[name] = []string{token}
				return nil
			}))
		require.NoError(t, err)
		require.ErrorIs(t, guarded.DeleteTask(t.Context(), task), client.ErrInvalid)
		assert.Len(t, wire.times, 1)
	}
}

// TestServerIsNotShown: a password can stand in a URL in more places than package url knows to redact.
func TestServerIsNotShown(t *testing.T) {
	t.Parallel()
	for _, server := range []string{
		"admin:s3cret@dms.example.com", "https:///u:s3cret@h", "https://s3cret@h", "https://u:s3cret@h",
		"https://h?token=s3cret", "https://h#s3cret", "https://u:s3cret@%zz",
	} {
		_, err := client.New(server)
		require.ErrorIs(t, err, client.ErrInvalid)
		assert.NotContains(t, err.Error(), "s3cret")
	}
}

func TestOptionsOfAFinishedClient(t *testing.T) {
	t.Parallel()
	c := newClient(t, remote)
	require.Error(t, client.WithToken(token)(c))
}

// TestOddErrorBodies: a field that is not what it should be does not hide the code, which decides.
func TestOddErrorBodies(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`{"error_code":"DMS.10240407","error_msg":"m","request_id":1}`,
		`{"error_code":"DMS.10240407","error_msg":["m"]}`,
		`{"error_code":"DMS.10240407"}`,
	} {
		c := newClient(t, remote, client.WithHTTPClient(play(status(http.StatusNotFound, body))))
		require.ErrorIs(t, c.DeleteTask(t.Context(), task), client.ErrThrottled)
	}
}
