import django.db.models.deletion
import gongshu.opening.states
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('catalog', '0001_initial'),
        ('identity', '0001_initial'),
        ('opening', '0001_initial'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name='releasestep',
            name='kind_en',
            field=models.CharField(max_length=200),
        ),
        migrations.AlterField(
            model_name='releasestep',
            name='kind_zh',
            field=models.CharField(max_length=200),
        ),
        migrations.AlterField(
            model_name='releasestep',
            name='words_en',
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.AlterField(
            model_name='releasestep',
            name='words_zh',
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.CreateModel(
            name='AccessRequest',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=24, unique=True)),
                ('kind', models.CharField(choices=[('access', 'access'), ('open', 'open')], max_length=10)),
                ('organization', models.CharField(max_length=64)),
                ('applicant_kind', models.CharField(max_length=60)),
                ('applicant_name', models.CharField(max_length=200)),
                ('items', models.JSONField()),
                ('purpose', models.TextField(blank=True)),
                ('scope', models.TextField(blank=True)),
                ('confidentiality', models.TextField(blank=True)),
                ('security_capability', models.TextField(blank=True)),
                ('needs_agreement', models.BooleanField(default=False)),
                ('agreement', models.CharField(blank=True, max_length=200)),
                ('status', models.CharField(choices=[('pending', 'pending'), ('approved', 'approved'), ('refused', 'refused'), ('review', 'review'), ('upheld', 'upheld'), ('provided', 'provided'), ('withdrawn', 'withdrawn')], default=gongshu.opening.states.RequestStatus['PENDING'], max_length=12)),
                ('pack', models.CharField(max_length=40)),
                ('pack_version', models.CharField(max_length=64)),
                ('citations', models.JSONField(default=list)),
                ('asked_at', models.DateTimeField()),
                ('decided_at', models.DateTimeField(blank=True, null=True)),
                ('grant_id', models.CharField(blank=True, max_length=40)),
                ('applicant', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('entry', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='access_requests', to='catalog.entry')),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='RequestStep',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveIntegerField()),
                ('reviews', models.BooleanField(default=False)),
                ('office', models.CharField(max_length=20)),
                ('act', models.CharField(max_length=20)),
                ('act_zh', models.CharField(max_length=200)),
                ('act_en', models.CharField(max_length=200)),
                ('days', models.PositiveIntegerField(blank=True, null=True)),
                ('words_zh', models.CharField(blank=True, max_length=200)),
                ('words_en', models.CharField(blank=True, max_length=200)),
                ('citations', models.JSONField(default=list)),
                ('status', models.CharField(choices=[('waiting', 'waiting'), ('open', 'open'), ('passed', 'passed'), ('failed', 'failed'), ('skipped', 'skipped')], default=gongshu.opening.states.StepStatus['WAITING'], max_length=10)),
                ('due_on', models.DateField(blank=True, null=True)),
                ('provisional', models.BooleanField(default=False)),
                ('duty_id', models.PositiveBigIntegerField(blank=True, null=True)),
                ('decided_at', models.DateTimeField(blank=True, null=True)),
                ('remark', models.TextField(blank=True)),
                ('decided_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('organization', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='identity.organization')),
                ('request', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='steps', to='opening.accessrequest')),
            ],
            options={
                'ordering': ['position'],
            },
        ),
    ]
