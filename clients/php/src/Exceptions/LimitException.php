<?php

declare(strict_types=1);

namespace SessionsForRedis\Exceptions;

/** `reject` was given and the id already has `max` sessions. Code `LIMIT`. */
final class LimitException extends SessionsException
{
}
