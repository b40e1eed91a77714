package wire

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
)

// ConnectError says that there is nobody to talk to.
type ConnectError struct {
	text string
	err  error
}

func (e *ConnectError) Error() string { return "no connection: " + e.text }

// Unwrap returns why.
func (e *ConnectError) Unwrap() error { return e.err }

// connectError says what to do about an error of TLS, where that is known.
func connectError(err error) *ConnectError {
	var (
		unknown x509.UnknownAuthorityError
		name    x509.HostnameError
		invalid x509.CertificateInvalidError
		record  tls.RecordHeaderError
	)
	text := err.Error()
	switch {
	case errors.As(err, &unknown):
		text = "the certificate of the server is not trusted: name the CA that issued it with --cacert, or for a test " +
			"use --insecure"
	case errors.As(err, &name):
		text = fmt.Sprintf("the certificate of the server is for another host than %s; is the endpoint right?", name.Host)
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		text = "the certificate of the server has expired or is not valid yet; is the clock right? " + invalid.Detail
	case errors.As(err, &record):
		text = "the server does not speak TLS; is http:// meant?"
	}
	return &ConnectError{text, err}
}
