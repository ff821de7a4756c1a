<?php

declare(strict_types=1);

namespace SessionsForRedis\Exceptions;

/** No reply: the server is away, the connection is closed or the time is over. Code `UNAVAILABLE`. */
final class UnavailableException extends SessionsException
{
}
