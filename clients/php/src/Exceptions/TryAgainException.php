<?php

declare(strict_types=1);

namespace SessionsForRedis\Exceptions;

/** Hash slots are moving to another node, and several attempts have failed. Code `TRYAGAIN`. */
final class TryAgainException extends SessionsException
{
}
