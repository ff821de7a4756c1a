<?php

declare(strict_types=1);

namespace SessionsForRedis\Exceptions;

/** Hash slots are moving to another node, and still were after several tries. Code `TRYAGAIN`. */
final class TryAgainException extends SessionsException
{
}
