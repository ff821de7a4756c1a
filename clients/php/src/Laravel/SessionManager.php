<?php

// Laravel's session manager with one driver more.
//
// A driver that is added by `Session::extend` gets Laravel's own Store, which takes no session id
// but 40 letters and digits. Other languages of a site generate others, and signed ones are longer.

declare(strict_types=1);

namespace SessionsForRedis\Laravel;

use Illuminate\Contracts\Container\Container;
use Illuminate\Session\SessionManager as LaravelManager;

class SessionManager extends LaravelManager
{
    /** Takes over what has been added to `manager` before. */
    public static function inPlaceOf(LaravelManager $manager, Container $container): self
    {
        $ours = new self($container);
        $ours->customCreators = $manager->customCreators;
        return $ours;
    }

    protected function createSessionsDriver(): Store
    {
        $settings = new Settings($this->container);
        $form = $settings->cookieForm();
        $handler = new SessionHandler(
            $settings->keeper(),
            $form,
            Serialization::installed(),
            $this->container,
            $settings->before($this),
        );
        return new Store((string) $this->config->get('session.cookie'), $handler, $form);
    }
}
