<?php

// The base of what this package throws when a command fails. None of them has the client's own
// exception as its previous one: the trace of that holds the arguments of the command, and with
// them a token.

declare(strict_types=1);

namespace SessionsForRedis\Exceptions;

/** getCode() is a text that names the reason: the first word of the server's reply, or one of the subclasses' codes. */
class SessionsException extends \RuntimeException
{
    final public function __construct(string $message, string $code)
    {
        parent::__construct($message);
        $this->code = $code;
    }
}
