<?php

// The base class of the exceptions that this package throws when a command fails. The client's own
// exception is never their previous exception, because its trace contains the arguments of the
// command, and so a token.

declare(strict_types=1);

namespace SessionsForRedis\Exceptions;

/**
 * getCode() returns a text that names the reason: the first word of the server's reply, or the code
 * of a subclass.
 */
class SessionsException extends \RuntimeException
{
    final public function __construct(string $message, string $code)
    {
        parent::__construct($message);
        $this->code = $code;
    }
}
