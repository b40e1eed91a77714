package client

import (
	"fmt"
	"time"
)

// WithToken sets the project-scoped IAM token that is sent as X-Auth-Token. It is valid for 24 hours.
func WithToken(token string) ClientOption {
	return option(func(s *settings) error {
		if err := checkToken(token); err != nil {
			return fmt.Errorf("dms: %w", err)
		}
		s.token = token
		return nil
	})
}

// WithTimeout sets how long an attempt may take, from the connection to the last byte of the answer. The default is
// [DefaultTimeout]; 0 leaves it to the context of the call.
func WithTimeout(d time.Duration) ClientOption {
	return option(func(s *settings) error {
		if d < 0 {
			return fmt.Errorf("dms: %w", &InvalidError{Parameter: "timeout", Value: d.String(), Expected: "0 or more"})
		}
		s.timeout = d
		return nil
	})
}

// WithInsecureHTTP lets credentials leave over plain http to hosts other than loopback, where anybody on the way can
// read and use them.
func WithInsecureHTTP() ClientOption {
	return option(func(s *settings) error {
		s.insecureHTTP = true
		return nil
	})
}
